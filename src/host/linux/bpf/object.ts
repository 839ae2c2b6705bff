import * as sys from "../syscalls.js";
import { Attribute, command, withScratch } from "./call.js";

/** What the kernel says of a program. */
export interface ProgramInfo {
  readonly type: number;
  readonly id: number;
  /** 16 hex digits: a hash of its instructions. */
  readonly tag: string;
  readonly name: string;
  /** Ids of the maps it uses: at most 64 of them. */
  readonly mapIds: readonly number[];
}

/** What the kernel says of a map. */
export interface MapInfo {
  readonly type: number;
  readonly id: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly entries: number;
  readonly flags: number;
  readonly name: string;
}

/** What the kernel says of a link; `ifindex` is 0 where its device has gone. */
export interface LinkInfo {
  readonly type: number;
  readonly id: number;
  readonly programId: number;
  readonly ifindex: number;
  /** enum bpf_attach_type; 0 for XDP, which has but one. */
  readonly attach: number;
}

const INFO = 256;
const MAP_IDS = 64;
/** enum bpf_link_type. */
const LINK_XDP = 6;
const LINK_TCX = 11;

function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** Reads an object's information by `decode`, which gets it and where it is. bpf_attr: bpf_fd@0 info_len@4 info@8. */
function information<T>(
  fd: number,
  prepare: (view: DataView, addressOf: (offset: number) => bigint) => void,
  decode: (view: DataView, bytes: Uint8Array) => T,
): T {
  return withScratch(INFO + 4 * MAP_IDS, (memory) => {
    memory.bytes.fill(0, 0, INFO + 4 * MAP_IDS);
    prepare(memory.view, (offset) => BigInt(memory.address + offset));
    new Attribute(16).u32(0, fd).u32(4, INFO).pointer(8, memory, 0).call(command.information, "bpf object information");
    return decode(memory.view, memory.bytes);
  });
}

/** Throws `HostError`. struct bpf_prog_info: type@0 id@4 tag@8[8] nr_map_ids@52 map_ids@56 name@64[16]. */
export function programInfo(fd: number): ProgramInfo {
  return information(
    fd,
    (view, addressOf) => {
      view.setUint32(52, MAP_IDS, true);
      view.setBigUint64(56, addressOf(INFO), true);
    },
    (view, bytes) => ({
      type: view.getUint32(0, true),
      id: view.getUint32(4, true),
      tag: Buffer.from(bytes.subarray(8, 16)).toString("hex"),
      name: text(bytes.subarray(64, 80)),
      mapIds: Array.from({ length: Math.min(view.getUint32(52, true), MAP_IDS) }, (_, i) =>
        view.getUint32(INFO + 4 * i, true),
      ),
    }),
  );
}

/** Throws `HostError`. struct bpf_map_info: type@0 id@4 key_size@8 value_size@12 max_entries@16 map_flags@20 name@24[16]. */
export function mapInfo(fd: number): MapInfo {
  return information(
    fd,
    () => undefined,
    (view, bytes) => ({
      type: view.getUint32(0, true),
      id: view.getUint32(4, true),
      keySize: view.getUint32(8, true),
      valueSize: view.getUint32(12, true),
      entries: view.getUint32(16, true),
      flags: view.getUint32(20, true),
      name: text(bytes.subarray(24, 40)),
    }),
  );
}

/** Throws `HostError`. struct bpf_link_info: type@0 id@4 prog_id@8, then for tcx and XDP ifindex@16, for tcx attach_type@20. */
export function linkInfo(fd: number): LinkInfo {
  return information(
    fd,
    () => undefined,
    (view) => {
      const type = view.getUint32(0, true);
      return {
        type,
        id: view.getUint32(4, true),
        programId: view.getUint32(8, true),
        ifindex: type === LINK_TCX || type === LINK_XDP ? view.getUint32(16, true) : 0,
        attach: type === LINK_TCX ? view.getUint32(20, true) : 0,
      };
    },
  );
}

type Kind = "program" | "map" | "link";
const next: Readonly<Record<Kind, number>> = {
  program: command.nextProgram,
  map: command.nextMap,
  link: command.nextLink,
};
const byId: Readonly<Record<Kind, number>> = {
  program: command.programById,
  map: command.mapById,
  link: command.linkById,
};

const ENOENT = 2;

/** Ids of all objects of a kind on this host, ascending; needs CAP_SYS_ADMIN. Throws `HostError`. bpf_attr: start_id@0 next_id@4. */
export function* objectIds(kind: Kind): Generator<number> {
  for (let id = 0; ; ) {
    const attribute = new Attribute(16).u32(0, id);
    if (attribute.try(next[kind]) < 0) {
      if (sys.errno() === ENOENT) return;
      throw sys.hostError(`bpf ids of each ${kind}`);
    }
    id = attribute.read32(4);
    yield id;
  }
}

/** A descriptor of an object; undefined where it has gone meanwhile. Needs CAP_SYS_ADMIN. Throws `HostError`. bpf_attr: id@0. */
export function openObject(kind: Kind, id: number): number | undefined {
  const fd = new Attribute(16).u32(0, id).try(byId[kind]);
  if (fd >= 0) return fd;
  if (sys.errno() === ENOENT) return undefined;
  throw sys.hostError(`bpf ${kind} ${id}`);
}
