import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mov } from "#bpf/alu.js";
import { captureFunctions, dropProgram } from "#bpf/capture-program.js";
import { exit } from "#bpf/control.js";
import type { ProgramItem } from "#bpf/instruction.js";
import { type MapSpec, mapFlag, mapType } from "#bpf/map-spec.js";
import { attachType, programType } from "#bpf/program-spec.js";
import { r0 } from "#bpf/registers.js";
import type { Answer } from "../../host-answers.js";
import { hideByNft } from "../hide-by-nft.js";
import { withProbeLink, withProbeVeth } from "../probe-link.js";
import * as sys from "../syscalls.js";
import { attachClsact } from "./clsact.js";
import { type BpfFeature, bpfFeatures, kernelEngineNeeds } from "./features.js";
import { kernelBtf } from "./kernel-btf.js";
import { attachTcx, attachXdp, xdpPlace } from "./link.js";
import { BpfMap, MappedArray } from "./map.js";
import { MapBatch } from "./map-batch.js";
import { BPF_FS, isBpfFileSystem, needBpfFileSystem, pin, unpin } from "./pin.js";
import * as programs from "./probe-programs.js";
import { loadProgram, VerifierError } from "./program.js";
import { testRun } from "./test-run.js";
import { withheld } from "./without.js";

const AF_XDP = 44;
const SOCK_RAW_CLOEXEC = 0x80003;
const XDP_PASS = 2;
const ENOTSUPP = 524;
const lacksPrivilege = new Set(["EPERM", "EACCES"]);

/** A fault that is an answer. */
class Missing extends Error {}

const drop = dropProgram();
const pass: readonly ProgramItem[] = [mov.imm(r0, 0), exit()];

/** Loads a program of type schedCls, for the kernel functions that it names, and has `use` see its descriptor. */
function withProgram<T>(
  items: readonly ProgramItem[],
  use: (fd: number) => T,
  { type = programType.schedCls, attach, maps }: { type?: number; attach?: number; maps?: Record<string, number> } = {},
): T {
  const names = items.flatMap((item) =>
    "reference" in item && item.reference?.kind === "kfunc" ? [item.reference.name] : [],
  );
  const kernelFunctions: Record<string, number> = {};
  for (const name of names) {
    const id = kernelBtf().functionId(name);
    if (id === undefined) throw new Missing(`the kernel has no ${name}`);
    kernelFunctions[name] = id;
  }
  const symbols = { kernelFunctions, ...(maps ? { maps } : {}) };
  const fd = loadProgram({ type, items, symbols, name: "weft_probe", ...(attach === undefined ? {} : { attach }) });
  try {
    return use(fd);
  } finally {
    sys.close(fd);
  }
}

function loads(items: readonly ProgramItem[], maps?: Record<string, number>): string {
  return withProgram(items, () => "a program that needs it was loaded", maps ? { maps } : {});
}

function withMap<T>(spec: Partial<MapSpec>, use: (map: BpfMap) => T): T {
  const map = BpfMap.create({
    name: "weft_probe",
    type: mapType.hash,
    keySize: 4,
    valueSize: 8,
    entries: 4,
    ...spec,
  });
  try {
    return use(map);
  } finally {
    map.close();
  }
}

function withRing<T>(use: (fd: number) => T): T {
  return withMap({ type: mapType.ringbuf, keySize: 0, valueSize: 0, entries: 65536 }, ({ fd }) => use(fd));
}

/** What a program's verdict says that is an error's number, or 0. */
function verdictOf(items: readonly ProgramItem[]): string {
  const verdict = withProgram(items, (fd) => testRun(fd, programs.probePacket).verdict) | 0;
  if (verdict === -ENOTSUPP) throw new Missing("the kernel does not know how");
  if (verdict < 0) throw sys.hostError("test run", -verdict);
  return "a test run did it";
}

function loop(): string {
  try {
    return loads(programs.loop);
  } catch (error) {
    const { cause } = error as Error;
    // The verifier knows the function, and wants to know more of its callback than so small a program says.
    if (cause instanceof VerifierError && /missing btf|func_info/i.test(cause.log))
      return "the kernel has the function";
    throw error;
  }
}

function batch(): string {
  return withMap({}, (map) => {
    const elements = new MapBatch(map, 4);
    try {
      new Uint32Array(elements.keys.buffer, elements.keys.byteOffset, 4).set([1, 2, 3, 4]);
      elements.update(4);
      return `${elements.delete(4)} elements were put and removed by two calls`;
    } finally {
      elements.close();
    }
  });
}

function pins(): string {
  return withMap({}, ({ fd }) => {
    const isThere = isBpfFileSystem(BPF_FS);
    const directory = isThere ? BPF_FS : mkdtempSync(join(tmpdir(), "weft-probe-"));
    const path = join(directory, `weft-probe-${process.pid}`);
    try {
      if (!isThere) needBpfFileSystem(directory);
      try {
        pin(fd, path);
        unpin(path);
      } finally {
        if (!isThere) sys.unmount(directory, 0);
      }
    } finally {
      if (!isThere) rmdirSync(directory);
    }
    return isThere ? `there is a BPF file system at ${BPF_FS}` : `none at ${BPF_FS} yet, one can be mounted`;
  });
}

function tcx(): string {
  const attach = attachType.tcxIngress;
  const use = (fd: number): void => withProbeLink((_name, ifindex) => void sys.close(attachTcx(fd, ifindex, attach)));
  withProgram(drop, use, { attach });
  return "a program was attached to a link's ingress";
}

function clsact(): string {
  const names = (link: string) => ({ name: "weft_probe", link });
  withProgram(drop, (fd) =>
    withProbeLink((link, ifindex) => attachClsact(fd, ifindex, "ingress", names(link)).detach()),
  );
  return "a program was attached to a link's ingress";
}

function attachesXdp(place: number): string {
  const withDevice = place === xdpPlace.driver ? withProbeVeth : withProbeLink;
  const attach = (fd: number): void => withDevice((_name, ifindex) => void sys.close(attachXdp(fd, ifindex, place)));
  withProgram([mov.imm(r0, XDP_PASS), exit()], attach, { type: programType.xdp, attach: attachType.xdp });
  return "a program was attached to a link";
}

/** How each feature is asked for; what it gives is the reason of a yes, what it throws that of another answer. */
const questions: Readonly<Record<BpfFeature, () => string>> = {
  bpf: () => loads(pass),
  btf: () => `${captureFunctions[0]} is number ${kernelBtf().functionId(captureFunctions[0]!) ?? "none"} in it`,
  tcx,
  clsact,
  nft: () => {
    withProbeLink((name, ifindex) => hideByNft(name, ifindex).release());
    return "a chain was made";
  },
  ringbuf: () => withRing(() => "a ring was made"),
  skb_dynptr: () => loads(programs.skbDynptr),
  dynptr: () => withRing((ring) => loads(programs.ringDynptr, { ring })),
  kfuncs: () => loads(programs.kernelFunction),
  may_goto: () => loads(programs.openLoop),
  loop,
  tail_calls: () =>
    withMap({ type: mapType.progArray, valueSize: 4 }, ({ fd }) => loads(programs.tailCall, { programs: fd })),
  atomics: () => loads(programs.atomics),
  jiffies: () => loads(programs.jiffies),
  mmapable: () =>
    withMap({ type: mapType.array, flags: mapFlag.mmapable }, (map) => {
      new MappedArray(map).close();
      return "a map was mapped";
    }),
  batch,
  lru: () => withMap({ type: mapType.lruHash }, () => "a map was made"),
  links: () => attachesXdp(xdpPlace.stack),
  pins,
  test_run: () =>
    `a program was run on a packet: ${withProgram(pass, (fd) => testRun(fd, programs.probePacket).verdict)}`,
  redirect_peer: () => loads(programs.redirectPeer),
  adjust_room: () => verdictOf(programs.adjustRoom(false)),
  adjust_room_l2: () => verdictOf(programs.adjustRoom(true)),
  xdp: () => attachesXdp(xdpPlace.driver),
  af_xdp: () => {
    sys.close(sys.check(sys.socket(AF_XDP, SOCK_RAW_CLOEXEC, 0), "AF_XDP socket"));
    return "a socket was made";
  },
};

function ask(feature: BpfFeature): Answer {
  try {
    return { works: true, reason: questions[feature]() };
  } catch (error) {
    const { message, code, cause } = error as Error & { code?: string };
    // EACCES is the verifier's answer, too.
    if (cause instanceof VerifierError) return { works: false, reason: cause.message };
    return { works: lacksPrivilege.has(code ?? "") ? undefined : false, reason: message };
  }
}

const known = new Map<BpfFeature, Answer>();

function answer(feature: BpfFeature): Answer {
  const { missing, unknown } = withheld();
  if (missing.has(feature)) return { works: false, reason: "taken away by WEFT_WITHOUT" };
  if (unknown.has(feature)) return { works: undefined, reason: "WEFT_WITHOUT says that it cannot be told" };
  const before = known.get(feature);
  if (before) return before;
  const found = ask(feature);
  known.set(feature, found);
  return found;
}

/** What this host lacks for the kernel engine, or may lack, each with its reason. Where it runs no programs at all, that says it. */
export function lackingForKernelEngine(): string[] {
  const lacking = (names: readonly BpfFeature[]): string[] =>
    names.flatMap((name) => {
      const { works, reason } = answer(name);
      return works ? [] : [`${name} (${reason})`];
    });
  const programs = lacking(["bpf"]);
  return programs.length > 0 ? programs : lacking(kernelEngineNeeds);
}

/**
 * Whether this host has each feature, in the order of `bpfFeatures`: found out by using it, once per process, and nothing lasts of the attempt. What stands on a feature that is taken away
 * (programs on `bpf`) is not there either.
 */
export function probeFeatures(): ReadonlyMap<BpfFeature, Answer> {
  const names = Object.keys(bpfFeatures) as BpfFeature[];
  return new Map(names.map((name) => [name, answer(name)]));
}
