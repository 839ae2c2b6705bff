import { Memory } from "./memory.js";
import * as sys from "./syscalls.js";

const PROG_TEST_RUN = 10;
/** Room for what the kernel gives back: a packet can grow. */
const ROOM = 8192;

/** What a program did with a packet. */
export interface ProgramRun {
  /** What it returned. */
  readonly verdict: number;
  /** The packet afterwards. */
  readonly data: Uint8Array;
  /** The context afterwards (struct __sk_buff), where one was given. */
  readonly context: Uint8Array;
  /** Nanoseconds of one run, on average. */
  readonly duration: number;
}

/** Runs a loaded program on a packet, which goes nowhere (BPF_PROG_TEST_RUN). Throws `HostError`. */
export function testRun(
  program: number,
  data: Uint8Array,
  { context, repeat = 1 }: { readonly context?: Uint8Array; readonly repeat?: number } = {},
): ProgramRun {
  const memory = Memory.anonymous(4 * ROOM);
  try {
    const input = memory.take(data.length);
    memory.bytes.set(data, input);
    const output = memory.take(ROOM);
    const contextAt = memory.take(1024);
    const contextOut = memory.take(1024);
    const attribute = new Uint8Array(80);
    const view = new DataView(attribute.buffer);
    view.setUint32(0, program, true);
    view.setUint32(8, data.length, true);
    view.setUint32(12, ROOM, true);
    view.setBigUint64(16, BigInt(memory.address + input), true);
    view.setBigUint64(24, BigInt(memory.address + output), true);
    view.setUint32(32, repeat, true);
    if (context) {
      memory.bytes.set(context, contextAt);
      view.setUint32(40, context.length, true);
      view.setUint32(44, context.length, true);
      view.setBigUint64(48, BigInt(memory.address + contextAt), true);
      view.setBigUint64(56, BigInt(memory.address + contextOut), true);
    }
    sys.check(sys.bpf(PROG_TEST_RUN, attribute), "bpf test run");
    return {
      verdict: view.getUint32(4, true),
      data: memory.bytes.slice(output, output + view.getUint32(12, true)),
      context: memory.bytes.slice(contextOut, contextOut + (context?.length ?? 0)),
      duration: view.getUint32(36, true),
    };
  } finally {
    memory.release();
  }
}
