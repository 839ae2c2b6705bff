import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Need, program } from "./needs.js";
import { tcpCapture } from "./tcp-capture.js";

const TSHARK = "/usr/bin/tshark";

export const tshark: Need = program(TSHARK, "tshark");

/** A message in which the dissector of OpenFlow found something wrong. */
export interface Dissected {
  /** Which message. */
  readonly index: number;
  /** What tshark says of it. */
  readonly says: string;
}

/** Runs tshark on messages, a segment each, and gives those it calls malformed or in error, or, with `all`, what it says of each. */
export function dissect(messages: readonly Uint8Array[], all = false): Dissected[] {
  const directory = mkdtempSync(join(tmpdir(), "ofi-"));
  try {
    const file = join(directory, "stream.pcap");
    writeFileSync(file, tcpCapture(messages));
    const fields = ["frame.number", "_ws.col.Info", "_ws.malformed", "_ws.expert.message"].flatMap((f) => ["-e", f]);
    const filter = all
      ? "openflow_v1 or openflow_v4 or openflow_v5 or openflow_v6"
      : "_ws.malformed or _ws.expert.severity==error";
    const args = ["-r", file, "-d", "tcp.port==6653,openflow", "-Y", filter, "-T", "fields", ...fields];
    const text = execFileSync(TSHARK, args, {
      encoding: "utf8",
      timeout: 60_000,
      maxBuffer: 1 << 28,
      env: { ...process.env, HOME: directory, XDG_RUNTIME_DIR: directory },
      stdio: ["ignore", "pipe", "ignore"],
    });
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => {
        const [number = "", ...says] = line.split("\t");
        // The first frame opens the connection.
        return { index: Number(number) - 2, says: says.join(" ").trim() };
      });
  } finally {
    rmSync(directory, { recursive: true });
  }
}
