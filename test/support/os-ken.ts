import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { OF10, OF12, OF13, OF14, OF15, type Version } from "#openflow/version.js";
import { hex } from "#util/hex.js";
import type { Need } from "./needs.js";

const MODULE = "/usr/lib/python3/dist-packages/os_ken";

export const osKen: Need = { name: `${MODULE} (Debian package python3-os-ken)`, met: existsSync(MODULE) };

/** The versions that os-ken speaks. */
export const osKenVersions: readonly Version[] = [OF10, OF12, OF13, OF14, OF15];

/** What os-ken made of a message. */
export interface OsKenReading {
  /** Why it did not read it. */
  readonly failure?: string;
  /** What it takes it for. */
  readonly className: string;
  /** Of a multipart reply, how many elements. */
  readonly elements?: number;
  /** The bytes that it writes for it again, where it can. */
  readonly bytes?: Uint8Array;
  /** A flow mod with the match and the instructions of the message, or of its first element. */
  readonly flow?: Uint8Array;
}

function run(script: string, input: string): string[] {
  const { stdout, stderr, status } = spawnSync("/usr/bin/python3", [join(import.meta.dirname, script)], {
    input,
    encoding: "utf8",
    timeout: 60_000,
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`${script}: ${stderr}`);
  return stdout.trimEnd().split("\n");
}

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));

/** Each message as os-ken reads it. */
export function readByOsKen(messages: readonly Uint8Array[]): OsKenReading[] {
  const lines = run("os-ken-read.py", messages.map((bytes) => `${hex(bytes)}\n`).join(""));
  return lines.map((line): OsKenReading => {
    const [, className = "", elements = "-", bytes = "-", flow = "-"] = line.split(" ");
    if (line.startsWith("fail ")) return { className: "", failure: line.slice("fail ".length) };
    return {
      className,
      ...(elements !== "-" && { elements: Number(elements) }),
      ...(bytes !== "-" && { bytes: bytesOf(bytes) }),
      ...(flow !== "-" && { flow: bytesOf(flow) }),
    };
  });
}

/** A message that os-ken made, and of which class. */
export interface OsKenMessage {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A message of each class and version, as os-ken writes them. */
export function writtenByOsKen(): OsKenMessage[] {
  return run("os-ken-write.py", "").map((line) => {
    const [name = "", bytes = ""] = line.split(" ");
    return { name, bytes: bytesOf(bytes) };
  });
}
