import { Memory } from "../memory.js";
import { Attribute, command } from "./call.js";

/** Room for what the kernel gives back: a packet can grow. */
const ROOM = 8192;
const CONTEXT = 1024;
/** BPF_F_TEST_XDP_LIVE_FRAMES */
const LIVE_FRAMES = 2;

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

/** Lays a packet and a context (struct __sk_buff or xdp_md) down for BPF_PROG_TEST_RUN. */
function prepare(
  memory: Memory,
  program: number,
  data: Uint8Array,
  context: Uint8Array | undefined,
  repeat: number,
): Attribute {
  const input = memory.take(Math.max(data.length, 1));
  memory.bytes.set(data, input);
  const attribute = new Attribute(80).u32(0, program).u32(8, data.length).pointer(16, memory, input).u32(32, repeat);
  if (!context) return attribute;
  const contextAt = memory.take(CONTEXT);
  memory.bytes.set(context, contextAt);
  return attribute.u32(40, context.length).pointer(48, memory, contextAt);
}

function memoryFor(data: Uint8Array): Memory {
  return Memory.anonymous((data.length + ROOM + 4 * CONTEXT + 4095) & ~4095);
}

/**
 * Runs a loaded program on a packet, which goes nowhere (BPF_PROG_TEST_RUN). The kernel takes at least 14 bytes, and some 3500 at most. In a
 * context of struct __sk_buff it takes some members only, and refuses the call (`EINVAL`) where others are not zero: of use are mark@8, priority@32, ifindex@40, cb@48[20]
 * and gso_size@176. Throws `HostError`.
 *
 * bpf_attr: prog_fd@0 retval@4 data_size_in@8 data_size_out@12 data_in@16 data_out@24 repeat@32 duration@36 ctx_size_in@40 ctx_size_out@44 ctx_in@48
 * ctx_out@56 flags@64 cpu@68 batch_size@72.
 */
export function testRun(
  program: number,
  data: Uint8Array,
  { context, repeat = 1 }: { readonly context?: Uint8Array; readonly repeat?: number } = {},
): ProgramRun {
  const memory = memoryFor(data);
  try {
    const attribute = prepare(memory, program, data, context, repeat);
    const output = memory.take(ROOM);
    const contextOut = memory.take(CONTEXT);
    attribute.u32(12, ROOM).pointer(24, memory, output);
    if (context) attribute.u32(44, context.length).pointer(56, memory, contextOut);
    attribute.call(command.testRun, "bpf test run");
    return {
      verdict: attribute.read32(4),
      data: memory.bytes.slice(output, output + attribute.read32(12)),
      context: memory.bytes.slice(contextOut, contextOut + (context?.length ?? 0)),
      duration: attribute.read32(36),
    };
  } finally {
    memory.release();
  }
}

/**
 * Has copies of a frame go through an XDP program as if a device had received them, and be sent, redirected or passed to the stack (Linux 5.18): the cheapest way to make
 * packets. `ifindex` is the device they seem to come from. Throws `HostError`.
 */
export function injectFrames(
  program: number,
  frame: Uint8Array,
  { ifindex, count }: { readonly ifindex: number; readonly count: number },
): void {
  // struct xdp_md: data@0 data_end@4 data_meta@8 ingress_ifindex@12 rx_queue_index@16 egress_ifindex@20.
  const context = new Uint8Array(24);
  const view = new DataView(context.buffer);
  view.setUint32(4, frame.length, true);
  view.setUint32(12, ifindex, true);
  const memory = memoryFor(frame);
  try {
    prepare(memory, program, frame, context, count)
      .u32(64, LIVE_FRAMES)
      .call(command.testRun, "bpf test run with live frames");
  } finally {
    memory.release();
  }
}
