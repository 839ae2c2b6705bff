import {
  OP_CLONE,
  OP_CT,
  OP_CT_CLEAR,
  OP_DROP,
  OP_HASH,
  OP_OUTPUT,
  OP_POP_VLAN,
  OP_PUSH_VLAN,
  OP_RECIRC,
  OP_REWRITE,
  OP_SAMPLE,
  OP_SET_KEY,
  OP_TNL_POP,
  OP_TNL_PUSH,
  type Op,
  type Program,
} from "../userspace/ops.js";

/** The probability of a sample that takes every packet. */
export const ALWAYS = 0xffffffff;

/** True where some step of a program is so, however deep. */
export function someStep(program: Program, test: (step: Op) => boolean): boolean {
  return program.some((step) => test(step) || someStep(step.inner, test) || someStep(step.otherwise, test));
}

/** Whether something comes to see the key's metadata. */
export function readsMetadata(program: Program): boolean {
  return someStep(program, ({ code }) => code === OP_RECIRC || code === OP_CT);
}

/** Whether something comes to see what the key says of the packet, as it is by then. */
export function readsHeaders(program: Program): boolean {
  return someStep(program, ({ code }) => code === OP_HASH);
}

/** Whether packets are other ones behind a program. */
export function changesPackets(program: Program): boolean {
  return someStep(program, ({ code }) => code !== OP_OUTPUT && changing.has(code));
}

const changing: ReadonlySet<number> = new Set([
  OP_PUSH_VLAN,
  OP_POP_VLAN,
  OP_REWRITE,
  OP_SET_KEY,
  OP_CT_CLEAR,
  OP_HASH,
  OP_CT,
  OP_RECIRC,
  OP_TNL_PUSH,
]);

/** Outputs that each packet of a program meets. */
export function outputsOf(program: Program): number {
  let outputs = 0;
  for (const { code, a, inner } of program) {
    if (code === OP_DROP) break;
    if (code === OP_OUTPUT) outputs++;
    else if (code === OP_CLONE || (code === OP_SAMPLE && a === ALWAYS)) outputs += outputsOf(inner);
  }
  return outputs;
}

/** Whether a step depends on one of these ports. */
export function goesThrough({ code, a, push }: Program[number], ports: ReadonlySet<number>): boolean {
  return code === OP_TNL_PUSH
    ? ports.has(push!.tunnelPort)
    : (code === OP_OUTPUT || code === OP_TNL_POP) && ports.has(a);
}
