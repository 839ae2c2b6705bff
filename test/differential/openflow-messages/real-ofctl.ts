import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hex } from "#util/hex.js";
import { tcpCapture } from "../../support/tcp-capture.js";

const ofctl = "/usr/bin/ovs-ofctl";
/** What `ofp-parse-pcap` writes before each message of the stream below. */
const title = "10.0.0.1.40000 > 10.0.0.2.6653:\n";
/** Bytes in one TCP segment. */
const SEGMENT = 60000;

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, LC_ALL: "C.UTF-8" }, timeout: 20_000, maxBuffer: 1 << 28 };
    execFile(ofctl, [...args], options, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== "number") reject(error);
      else resolve({ stdout, stderr });
    });
  });
}

/**
 * Each message as the installed `ovs-ofctl` prints it at verbosity 1 or more, with its line end. One process prints them all: they go in as
 * a captured TCP stream.
 */
export async function printManyReal(messages: readonly Uint8Array[], verbosity: number): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), "ofc-"));
  try {
    const file = join(directory, "stream.pcap");
    await writeFile(file, capture(messages));
    const more = new Array<string>(verbosity - 1).fill("-m");
    const { stdout, stderr } = await run([...more, "-vconsole:off", "ofp-parse-pcap", file]);
    const texts = stdout.split(title).slice(1);
    if (texts.length !== messages.length) {
      throw new Error(`ovs-ofctl printed ${texts.length} of ${messages.length} messages ${stderr}`);
    }
    // A line end parts it from the next.
    return texts.map((text, i) => (i + 1 < texts.length ? text.slice(0, -1) : text));
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** A message as `ofp-print` prints it, and the lines it logs: `MODULE|LEVEL|TEXT`. */
export async function printAloneReal(
  message: Uint8Array,
  verbosity: number,
): Promise<{ readonly text: string; readonly log: string[] }> {
  const { stdout, stderr } = await run(["-vPATTERN:console:%c|%p|%m", "ofp-print", hex(message), String(verbosity)]);
  return { text: stdout, log: stderr.split("\n").filter((line) => line !== "") };
}

/** A capture file in which these messages are sent. */
function capture(messages: readonly Uint8Array[]): Buffer {
  const stream = Buffer.concat(messages);
  const segments: Uint8Array[] = [];
  for (let at = 0; at < stream.length; at += SEGMENT) segments.push(stream.subarray(at, at + SEGMENT));
  return tcpCapture(segments);
}
