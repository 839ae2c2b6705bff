import { Operation, operationHead } from "#bpf/forward/layout.js";
import { MAX_PUSHED, TunnelCode, TunnelUnder, tunnelPop, tunnelPush } from "#bpf/forward/tunnel-layout.js";
import { W } from "#flow/layout.js";
import { u16 } from "#util/big-endian.js";
import { foldSum, sumBytes } from "#wire/checksum.js";
import { EtherType } from "#wire/ethernet.js";
import type { TunnelProtocol } from "../tunnel-kinds.js";
import {
  OP_CT,
  OP_POP_VLAN,
  OP_PUSH_VLAN,
  OP_REWRITE,
  OP_SET_KEY,
  OP_TNL_POP,
  type Program,
} from "../userspace/ops.js";
import type { PushStep } from "../userspace/tunnels/tunnel-push.js";

/** A tunnel's port, as the forwarding program has it. */
export interface KernelTunnel {
  readonly slot: number;
  readonly protocol: TunnelProtocol;
}

const ETHERNET = 14;
const IPV4 = 20;
/** Ethernet as what GRE carries. */
const TEB = 0x6558;
/** Tags put on packets before: so many are known what to do with beside the two that packets come with. */
const MOST_PUSHED_TAGS = 2;
const UNIT = operationHead.size;

const codes: Partial<Record<TunnelProtocol, number>> = TunnelCode;

/** Whether the forwarding program takes packets out of tunnels of a protocol. */
export function isKernelTunnel(protocol: TunnelProtocol | undefined): boolean {
  return protocol !== undefined && codes[protocol] !== undefined;
}

/** The units of an operation that puts a tunnel's header on, or why the kernel cannot. `before` is what the flow does first. */
export function encodePush(step: PushStep, before: Program): Uint8Array[] | string {
  const { header, isIpv6, isUdp, protocol, l4 } = step;
  if (!isKernelTunnel(protocol)) return `puts packets into ${protocol}`;
  if (step.withChecksum) return "puts packets into a tunnel with checksums";
  if (step.sequenceAt >= 0) return "puts packets into a tunnel that numbers them";
  const isKnown =
    isUdp === (protocol !== "gre") &&
    u16(header, ETHERNET - 2) === (isIpv6 ? EtherType.ipv6 : EtherType.ipv4) &&
    (isIpv6 || header[ETHERNET] === 0x45) &&
    (isUdp || u16(header, l4 + 2) === TEB);
  if (!isKnown || header.length > MAX_PUSHED) return "puts an unusual header on";
  if (before.filter(({ code }) => code === OP_PUSH_VLAN).length > MOST_PUSHED_TAGS) return "puts many tags on first";
  if (isUdp && before.some(changesHash)) return "puts packets into a tunnel whose addresses or ports it has changed";
  const units = Math.ceil(header.length / UNIT);
  const bytes = new Uint8Array(UNIT * (1 + units));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Operation.tunnelPush, true);
  view.setUint16(tunnelPush.units, units, true);
  view.setUint16(tunnelPush.size, header.length, true);
  view.setUint16(tunnelPush.under, (isIpv6 ? TunnelUnder.ipv6 : 0) | (isUdp ? TunnelUnder.udp : 0), true);
  bytes.set(header, tunnelPush.header);
  if (!isIpv6) {
    const at = tunnelPush.header + ETHERNET;
    view.setUint16(at + 2, 0);
    view.setUint16(at + 10, 0);
    view.setUint16(tunnelPush.sum, foldSum(sumBytes(bytes, at, at + IPV4)), true);
  }
  return Array.from({ length: 1 + units }, (_, i) => bytes.subarray(UNIT * i, UNIT * (i + 1)));
}

/** Whether the hash of the connection, from which a tunnel's source port is made, may be another after a step than the key of the program says. */
function changesHash({ code, words, ct }: Program[number]): boolean {
  if (code === OP_CT) return ct?.nat !== undefined;
  if (code !== OP_REWRITE || words === undefined) return false;
  for (let i = 0; i < words.length; i += 3) {
    const word = words[i]!;
    if ((word >= W.nwSrc && word < W.ipv6Label) || word === W.tp) return true;
  }
  return false;
}

/** Whether a flow takes packets out of a tunnel. */
export function popsTunnel(program: Program): boolean {
  return program.some(({ code }) => code === OP_TNL_POP);
}

/** The only operation, then, of a flow that takes packets out of a tunnel; or why the kernel cannot. It tells of a tunnel's port by its number. */
export function encodePop(program: Program, tunnel: (port: number) => KernelTunnel | undefined): Uint8Array | string {
  const step = program.at(-1)!;
  // What is changed of the outer headers first goes with them, but for what the key keeps of them.
  const isAlone = program.every((other) => other === step || isOfOuterEthernet(other));
  if (step.code !== OP_TNL_POP || !isAlone) return "does more than to take packets out of a tunnel";
  const to = tunnel(step.a);
  const code = to && codes[to.protocol];
  if (to === undefined || code === undefined) return "takes packets out of a tunnel that the program does not read";
  const bytes = new Uint8Array(UNIT);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Operation.tunnelPop, true);
  view.setUint32(tunnelPop.slot, to.slot, true);
  view.setUint32(tunnelPop.port, step.a, true);
  view.setUint32(tunnelPop.code, code, true);
  return bytes;
}

function isOfOuterEthernet({ code, change }: Program[number]): boolean {
  return code === OP_POP_VLAN || code === OP_SET_KEY || (code === OP_REWRITE && change!.layer === "eth");
}
