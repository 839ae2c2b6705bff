import { readFileSync } from "node:fs";
import { assemble, type Symbols } from "#bpf/assemble.js";
import { Btf } from "#bpf/btf.js";
import type { ProgramItem } from "#bpf/instruction.js";
import { Memory } from "./memory.js";
import * as sys from "./syscalls.js";

const command = { mapCreate: 0, mapUpdate: 2, programLoad: 5, linkCreate: 28, linkUpdate: 29 } as const;

/** Map types (enum bpf_map_type). */
export const mapType = { hash: 1, array: 2, xskmap: 17, ringbuf: 27 } as const;
/** The map's values can be mapped into user memory (BPF_F_MMAPABLE). */
export const MAP_MMAPABLE: number = 1 << 10;
/** Program types (enum bpf_prog_type). */
export const programType = { schedCls: 3, xdp: 6 } as const;
/** Where a link attaches (enum bpf_attach_type). */
export const attachType = { xdp: 37, tcxIngress: 46, tcxEgress: 47 } as const;

/** A zeroed bpf_attr and its view. */
function attribute(size: number): { bytes: Uint8Array; view: DataView } {
  const bytes = new Uint8Array(size);
  return { bytes, view: new DataView(bytes.buffer) };
}

function putName(bytes: Uint8Array, at: number, name: string): void {
  bytes.set(new TextEncoder().encode(name.slice(0, 15)), at);
}

/** Makes a map and returns its descriptor. Throws `HostError`. */
export function createMap(map: {
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly entries: number;
  readonly flags?: number;
  readonly name: string;
}): number {
  const { bytes, view } = attribute(72);
  view.setUint32(0, map.type, true);
  view.setUint32(4, map.keySize, true);
  view.setUint32(8, map.valueSize, true);
  view.setUint32(12, map.entries, true);
  view.setUint32(16, map.flags ?? 0, true);
  putName(bytes, 28, map.name);
  return sys.check(sys.bpf(command.mapCreate, bytes), `bpf map ${map.name}`);
}

/** BPF_F_XDP_DEV_BOUND_ONLY */
const XDP_DEVICE_BOUND = 1 << 6;

/** The verifier's last words on why it refused a program are the error's cause. */
const LOG_SIZE = 1 << 20;

/** Verifies and loads a program and returns its descriptor. Throws `HostError`, whose `cause` is the verifier's log where there is one. */
export function loadProgram(program: {
  readonly type: number;
  readonly attach?: number;
  /** The network device it is bound to, to ask it about frames; it can be attached nowhere else. */
  readonly device?: number;
  readonly items: readonly ProgramItem[];
  readonly symbols?: Symbols;
  readonly name: string;
}): number {
  const code = assemble(program.items, program.symbols);
  // The attribute holds addresses, so what it points to must not be moved: it goes to a mapping.
  const memory = Memory.anonymous(((code.length + 4096) & ~4095) + LOG_SIZE);
  try {
    const codeAt = memory.take(code.length);
    memory.bytes.set(code, codeAt);
    const license = memory.take(4);
    memory.bytes.set([0x47, 0x50, 0x4c, 0], license); // "GPL"
    const { bytes, view } = attribute(144);
    view.setUint32(0, program.type, true);
    view.setUint32(4, code.length / 8, true);
    view.setBigUint64(8, BigInt(memory.address + codeAt), true);
    view.setBigUint64(16, BigInt(memory.address + license), true);
    putName(bytes, 48, program.name);
    if (program.device !== undefined) {
      view.setUint32(44, XDP_DEVICE_BOUND, true);
      view.setUint32(64, program.device, true);
    }
    view.setUint32(68, program.attach ?? 0, true);
    const fd = sys.bpf(command.programLoad, bytes);
    if (fd >= 0) return fd;
    const error = sys.hostError(`bpf program ${program.name}`);
    const log = memory.take(4096);
    view.setUint32(24, 1, true);
    view.setUint32(28, memory.size - log, true);
    view.setBigUint64(32, BigInt(memory.address + log), true);
    const again = sys.bpf(command.programLoad, bytes);
    if (again >= 0) return again;
    const text = memory.bytes.subarray(log, memory.bytes.indexOf(0, log));
    if (text.length > 0) error.cause = new TextDecoder().decode(text).split("\n").slice(-40).join("\n");
    throw error;
  } finally {
    memory.release();
  }
}

/** Attaches a program to a network device's tcx hook and returns the link's descriptor; closing it detaches. Throws `HostError`. */
export function attachTcx(program: number, ifindex: number, attach: number): number {
  const { bytes, view } = attribute(64);
  view.setUint32(0, program, true);
  view.setUint32(4, ifindex, true);
  view.setUint32(8, attach, true);
  return sys.check(sys.bpf(command.linkCreate, bytes), "bpf link to tcx");
}

/** Where an XDP program runs: in the driver, or in the stack once there is a socket buffer (XDP_FLAGS_*). */
export const xdpPlace = { stack: 2, driver: 4 } as const;

/** Attaches an XDP program to a network device and returns the link's descriptor; closing it detaches. Throws `HostError`. */
export function attachXdp(program: number, ifindex: number, place: number): number {
  const { bytes, view } = attribute(64);
  view.setUint32(0, program, true);
  view.setUint32(4, ifindex, true);
  view.setUint32(8, attachType.xdp, true);
  view.setUint32(12, place, true);
  return sys.check(sys.bpf(command.linkCreate, bytes), "bpf link to xdp");
}

/** Sets an element of a map with 4-byte keys and 4-byte values. Throws `HostError`. */
export function setElement(map: number, key: number, value: number): void {
  const memory = Memory.anonymous(4096);
  try {
    memory.words[0] = key;
    memory.words[2] = value;
    const { bytes, view } = attribute(32);
    view.setUint32(0, map, true);
    view.setBigUint64(8, BigInt(memory.address), true);
    view.setBigUint64(16, BigInt(memory.address + 8), true);
    sys.check(sys.bpf(command.mapUpdate, bytes), "bpf map element");
  } finally {
    memory.release();
  }
}

/** Puts another program in a link's place at once; no packet passes between. Throws `HostError`. */
export function updateLink(link: number, program: number): void {
  const { bytes, view } = attribute(16);
  view.setUint32(0, link, true);
  view.setUint32(4, program, true);
  sys.check(sys.bpf(command.linkUpdate, bytes), "bpf link update");
}

let kernel: Btf | undefined;

/** The running kernel's type information, read once. Throws where the kernel was built without it. */
export function kernelBtf(): Btf {
  kernel ??= new Btf(readFileSync("/sys/kernel/btf/vmlinux"));
  return kernel;
}
