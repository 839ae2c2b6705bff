import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hex } from "#util/hex.js";

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

/** A capture file in which a connection is opened and these messages are sent. */
function capture(messages: readonly Uint8Array[]): Buffer {
  const stream = Buffer.concat(messages);
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(0xffff, 16);
  head.writeUInt32LE(1, 20);
  const frames = [frame(0, 0x02, Buffer.alloc(0))];
  for (let at = 0; at < stream.length; at += SEGMENT)
    frames.push(frame(at + 1, 0x18, stream.subarray(at, at + SEGMENT)));
  return Buffer.concat([head, ...frames]);
}

/** A TCP segment in a frame in a record of a capture file. */
function frame(sequence: number, flags: number, data: Buffer): Buffer {
  const headers = Buffer.alloc(16 + 14 + 20 + 20);
  const length = headers.length - 16 + data.length;
  headers.writeUInt32LE(length, 8);
  headers.writeUInt32LE(length, 12);
  headers.writeUInt16BE(0x0800, 28);
  const ip = 30;
  headers.writeUInt8(0x45, ip);
  headers.writeUInt16BE(40 + data.length, ip + 2);
  headers.writeUInt8(64, ip + 8);
  headers.writeUInt8(6, ip + 9);
  headers.writeUInt32BE(0x0a000001, ip + 12);
  headers.writeUInt32BE(0x0a000002, ip + 16);
  const tcp = ip + 20;
  headers.writeUInt16BE(40000, tcp);
  headers.writeUInt16BE(6653, tcp + 2);
  headers.writeUInt32BE(sequence, tcp + 4);
  headers.writeUInt8(0x50, tcp + 12);
  headers.writeUInt8(flags, tcp + 13);
  headers.writeUInt16BE(0xffff, tcp + 14);
  return Buffer.concat([headers, data]);
}
