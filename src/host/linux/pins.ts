import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { CaptureHandle } from "../net.js";
import { linkInfo } from "./bpf/object.js";
import { BPF_FS, isBpfFileSystem, needBpfFileSystem, openPinned, pin } from "./bpf/pin.js";
import { refuseWithout } from "./bpf/without.js";
import { removeFanOut } from "./fan-out-pin.js";
import * as sys from "./syscalls.js";

/** The host's BPF file system as its first process has it: `ip netns exec` hides it from who it starts. */
const HOST_BPF_FS = `/proc/1/root${BPF_FS}`;
/** Below the BPF file system: what all of ours have in common. */
const OURS = "weft";
/** A path that nothing has. */
const NOWHERE = "/proc/self/weft";
/** A directory beside those of daemons: the file system was mounted by one of them. */
const MOUNTED = "mounted";

/**
 * What a daemon has pinned, so that it outlives the process: in a BPF file system below `weft/`, in a directory of each run directory's own, `links/IFINDEX` are
 * the ports' links and `maps/DATAPATH/GENERATION/` a datapath's maps.
 */
export class Pins {
  readonly #name: string;
  #directory: string | undefined;
  #hasLeft = false;
  /** Directories of maps that this process has made, and not taken away. */
  readonly #made = new Set<string>();
  /** Called when a device's link has been pinned, and when it is to be no more. */
  onPin: ((name: string, ifindex: number) => void) | undefined;
  onUnpin: ((ifindex: number) => void) | undefined;

  /** Those of the daemon of a run directory. */
  constructor(runDirectory: string) {
    this.#name = createHash("sha256").update(runDirectory).digest("hex").slice(0, 16);
    this.#directory = this.#find();
  }

  /** Where they are; undefined where nothing can be pinned so far. */
  get directory(): string | undefined {
    return this.#directory;
  }

  /** Has a BPF file system be there, which is mounted where there is none, and this daemon's directory in it. Throws `HostError`, and what making a directory does. */
  need(): string {
    refuseWithout("pins");
    // What this or another daemon has mounted may have gone since.
    if (this.#directory === undefined || !isBpfFileSystem(join(this.#directory, "../..")))
      this.#directory = this.#find();
    if (this.#directory === undefined) {
      if (needBpfFileSystem()) mkdirSync(join(BPF_FS, OURS, MOUNTED), { recursive: true, mode: 0o700 });
      this.#directory = join(BPF_FS, OURS, this.#name);
    }
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    return this.#directory;
  }

  /** The process ends, and what is pinned stays. */
  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  leave(): void {
    this.#hasLeft = true;
  }

  /** A descriptor of a device's link, if there is one that still holds it; one that does not is taken away. */
  openLink(ifindex: number): number | undefined {
    const path = this.#path("links", String(ifindex));
    if (!existsSync(path)) return undefined;
    const link = openPinned(path);
    try {
      if (linkInfo(link).ifindex === ifindex) return link;
    } catch {
      // It is no link.
    }
    sys.close(link);
    rmSync(path, { force: true });
    return undefined;
  }

  /** Where it is noted that a device takes frames for others because its link is pinned. */
  promiscuous(ifindex: number): string {
    return this.#path("promiscuous", String(ifindex));
  }

  /** Throws `HostError`. */
  pinLink(link: number, { name, ifindex }: Pick<CaptureHandle, "name" | "ifindex">): void {
    const path = this.#path("links", String(ifindex));
    if (existsSync(path)) return;
    mkdirSync(join(this.need(), "links"), { recursive: true, mode: 0o700 });
    pin(link, path);
    this.onPin?.(name, ifindex);
  }

  unpinLink(ifindex: number): void {
    if (this.#hasLeft) return;
    const path = this.#path("links", String(ifindex));
    // Without privilege there is nothing to be seen, nor taken away.
    if (existsSync(path)) rmSync(path, { force: true });
    this.onUnpin?.(ifindex);
  }

  /** Some device's link is pinned. */
  get hasLinks(): boolean {
    return list(this.#path("links")).length > 0;
  }

  /** Takes all links away but those of these devices. */
  keepLinks(ifindexes: ReadonlySet<number>): void {
    for (const name of list(this.#path("links"))) if (!ifindexes.has(Number(name))) this.unpinLink(Number(name));
  }

  /** The datapaths that have maps here. */
  datapaths(): readonly string[] {
    return list(this.#path("maps")).sort();
  }

  /** Directories of a datapath's maps, the newest first. */
  generations(datapath: string): readonly string[] {
    const directory = this.#path("maps", datapath);
    return list(directory)
      .sort((a, b) => Number(b) - Number(a))
      .map((name) => join(directory, name));
  }

  /** Makes the directory of a datapath's next maps. */
  nextGeneration(datapath: string): string {
    const [newest] = this.generations(datapath);
    const number = Number(newest?.split("/").at(-1) ?? 0) + 1;
    const directory = join(this.need(), "maps", datapath, String(number));
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.#made.add(directory);
    return directory;
  }

  /** This process has maps here, and what others have left is theirs to take over. */
  get isInUse(): boolean {
    return this.#made.size > 0;
  }

  /** Takes a directory of maps away. */
  removeGeneration(directory: string): void {
    if (this.#hasLeft) return;
    removeFanOut(directory);
    rmSync(directory, { recursive: true, force: true });
    this.#made.delete(directory);
  }

  /** Takes everything of this daemon away, and what was mounted for it, if nobody else needs it. */
  remove(): void {
    // What a process without privilege may not even look at is not its own.
    if (this.#hasLeft || this.#directory === undefined || !existsSync(this.#directory)) return;
    this.keepLinks(new Set());
    for (const datapath of this.datapaths())
      for (const directory of this.generations(datapath)) removeFanOut(directory);
    rmSync(this.#directory, { recursive: true, force: true });
    const ours = join(this.#directory, "..");
    const left = list(ours);
    if (left.some((name) => name !== MOUNTED)) return;
    const wasMounted = left.length > 0;
    try {
      if (wasMounted) rmdirSync(join(ours, MOUNTED));
      rmdirSync(ours);
      // The kernel itself may have put files there that show all maps and programs.
      const isEmpty = list(join(ours, "..")).every((name) => name.endsWith(".debug"));
      if (wasMounted && isEmpty) sys.unmount(join(ours, ".."), 0);
    } catch {
      // Somebody else has come meanwhile.
    }
  }

  #find(): string | undefined {
    const base = [BPF_FS, HOST_BPF_FS].find(isBpfFileSystem);
    return base && join(base, OURS, this.#name);
  }

  #path(...names: readonly string[]): string {
    return join(this.#directory ?? NOWHERE, ...names);
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
