import { readFileSync } from "node:fs";
import { assemble, type Symbols } from "#bpf/assemble.js";
import { Btf } from "#bpf/btf.js";
import type { ProgramItem } from "#bpf/instruction.js";
import { withSources } from "#bpf/source-place.js";
import { formatComplaint, readVerifierLog, type VerifierComplaint } from "#bpf/verifier-log.js";
import type { HostError } from "#util/errors.js";
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

/** A program to load. */
export interface ProgramToLoad {
  readonly type: number;
  readonly attach?: number;
  /** The network device it is bound to, to ask it about frames; it can be attached nowhere else. */
  readonly device?: number;
  /** The program, or who builds it: then errors can tell where in the source an instruction was emitted. */
  readonly items: readonly ProgramItem[] | (() => readonly ProgramItem[]);
  readonly symbols?: Symbols;
  readonly name: string;
}

const LOG_SIZE = 1 << 24;
/** The lines of a log that are kept. */
const LAST_WORDS = 40;

/** The verifier's reason to refuse a program: the cause of `loadProgram`'s `HostError`. */
export class VerifierError extends Error {
  override name = "VerifierError";
  /** The end of the verifier's log. */
  readonly log: string;

  constructor(complaint: VerifierComplaint, log: string) {
    super(formatComplaint(complaint));
    this.log = log;
  }
}

/** Asks the kernel to load a program, with the verifier's log at a level (0: none). A descriptor below 0 means that errno is set. */
function submit(
  program: ProgramToLoad,
  code: Uint8Array,
  level: number,
): { fd: number; failure: HostError; log: string } {
  // The attribute holds addresses, so what it points to must not be moved: it goes to a mapping.
  const memory = Memory.anonymous(((code.length + 4096) & ~4095) + 4096 + (level > 0 ? LOG_SIZE : 0));
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
    const log = level > 0 ? memory.take(LOG_SIZE, 4096) : 0;
    if (level > 0) {
      view.setUint32(24, level, true);
      view.setUint32(28, LOG_SIZE, true);
      view.setBigUint64(32, BigInt(memory.address + log), true);
    }
    const fd = sys.bpf(command.programLoad, bytes);
    const failure = sys.hostError(`bpf program ${program.name}`);
    const text = level > 0 ? memory.bytes.subarray(log, memory.bytes.indexOf(0, log)) : new Uint8Array();
    return { fd, failure, log: new TextDecoder().decode(text) };
  } finally {
    memory.release();
  }
}

/** Builds a program so that it remembers where it comes from, if that is possible. */
function rebuild({ items }: ProgramToLoad): readonly ProgramItem[] {
  return typeof items === "function" ? withSources(items) : items;
}

/** Verifies and loads a program and returns its descriptor. Throws `HostError`, whose `cause` is a `VerifierError` where the verifier said why. */
export function loadProgram(program: ProgramToLoad): number {
  const items = typeof program.items === "function" ? program.items() : program.items;
  const code = assemble(items, program.symbols);
  const first = submit(program, code, 0);
  if (first.fd >= 0) return first.fd;
  const { fd, log } = submit(program, code, 1);
  if (fd >= 0) return fd;
  if (log.length > 0) {
    const words = log.split("\n").slice(-LAST_WORDS).join("\n");
    first.failure.cause = new VerifierError(readVerifierLog(log, rebuild(program)), words);
  }
  throw first.failure;
}

/** What the verifier says of a program at level 2, each instruction that it looks at; the program is not kept. */
export function verifierLog(program: ProgramToLoad): string {
  const items = typeof program.items === "function" ? program.items() : program.items;
  const { fd, log } = submit(program, assemble(items, program.symbols), 2);
  if (fd >= 0) sys.close(fd);
  return log;
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
