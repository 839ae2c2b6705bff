import { assemble, type Symbols } from "#bpf/assemble.js";
import type { ProgramItem } from "#bpf/instruction.js";
import { withSources } from "#bpf/source-place.js";
import { formatComplaint, readVerifierLog, type VerifierComplaint } from "#bpf/verifier-log.js";
import type { HostError } from "#util/errors.js";
import { Memory } from "../memory.js";
import * as sys from "../syscalls.js";
import { Attribute, command } from "./call.js";
import { refuseWithout } from "./without.js";

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
const EAGAIN = 11;
/** How often a program is given to the verifier where a signal has ended its work. */
const TRIES = 20;
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

/**
 * Asks the kernel to load a program, with the verifier's log at a level (0: none). A descriptor below 0 means that errno is set.
 *
 * bpf_attr: prog_type@0 insn_cnt@4 insns@8 license@16 log_level@24 log_size@28 log_buf@32 prog_flags@44 prog_name@48[16]
 * prog_ifindex@64 expected_attach_type@68.
 */
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
    const attribute = new Attribute(144)
      .u32(0, program.type)
      .u32(4, code.length / 8)
      .pointer(8, memory, codeAt)
      .pointer(16, memory, license)
      .name(48, program.name)
      .u32(68, program.attach ?? 0);
    if (program.device !== undefined) attribute.u32(44, XDP_DEVICE_BOUND).u32(64, program.device);
    const log = level > 0 ? memory.take(LOG_SIZE, 4096) : 0;
    if (level > 0) attribute.u32(24, level).u32(28, LOG_SIZE).pointer(32, memory, log);
    let fd = attribute.try(command.programLoad);
    // A signal ends the verifier's work.
    for (let tries = 1; fd < 0 && sys.errno() === EAGAIN && tries < TRIES; tries++)
      fd = attribute.try(command.programLoad);
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
  refuseWithout("bpf");
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
