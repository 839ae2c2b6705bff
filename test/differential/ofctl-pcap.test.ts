import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { unhex } from "#util/hex.js";
import { type BuiltProgram, buildProgram } from "../support/built-program.js";
import { describeWith, openVswitch } from "../support/needs.js";
import { type CapturedSegment, segmentCapture, tcpCapture } from "../support/tcp-capture.js";

const bytes = (text: string): Uint8Array => unhex(text)!;
const hello = bytes("0100000800000001");
const echo = bytes("0102000800000002");
const tlvs = bytes("01040010000000030000232000000019");
const joined = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));
const [FIN, SYN, RST, PSH, ACK] = [1, 2, 4, 8, 16] as const;
const syn: CapturedSegment = { sequence: 0, flags: SYN };

/** Segments, by what is odd about them. */
const streams: Readonly<Record<string, readonly CapturedSegment[]>> = {
  again: [syn, { sequence: 1, data: hello }, { sequence: 1, data: hello }, { sequence: 9, data: echo }],
  disordered: [syn, { sequence: 9, data: echo }, { sequence: 1, data: hello }, { sequence: 17, data: tlvs }],
  gap: [syn, { sequence: 1, data: hello }, { sequence: 17, data: echo }, { sequence: 25, data: tlvs }],
  overlap: [syn, { sequence: 1, data: joined(hello, echo) }, { sequence: 9, data: joined(echo, tlvs) }],
  split: [syn, { sequence: 1, data: hello.slice(0, 5) }, { sequence: 6, data: joined(hello.slice(5), echo) }],
  fin: [
    syn,
    { sequence: 1, data: hello },
    { sequence: 9, data: echo, flags: FIN | PSH | ACK },
    { sequence: 17, data: tlvs },
  ],
  reset: [syn, { sequence: 1, data: hello.slice(0, 4) }, { sequence: 5, flags: RST }, { sequence: 50, data: tlvs }],
  anew: [syn, { sequence: 1, data: hello.slice(0, 4) }, { sequence: 100, flags: SYN }, { sequence: 101, data: hello }],
  both: [
    syn,
    { sequence: 5000, flags: SYN | ACK, back: true },
    { sequence: 1, data: hello },
    { sequence: 5001, data: echo, back: true },
    { sequence: 9, data: tlvs },
  ],
  middle: [
    { sequence: 77, data: hello },
    { sequence: 85, data: tlvs },
  ],
  wrap: [
    { sequence: -6, flags: SYN },
    { sequence: -5, data: hello },
    { sequence: 3, data: echo },
  ],
  early: [
    { sequence: 0, flags: SYN, data: hello },
    { sequence: 9, data: echo },
  ],
  padded: [
    { ...syn, padding: 6 },
    { sequence: 1, data: hello, padding: 6 },
    { sequence: 9, data: echo },
  ],
  other: [
    { ...syn, ports: [40000, 6633] },
    { sequence: 1, data: hello, ports: [40000, 6633] },
  ],
  udp: [{ sequence: 0, data: hello, protocol: 17 }],
  fragments: [syn, { sequence: 1, data: hello, fragment: 0x2000 }, { sequence: 1, data: hello, fragment: 1 }],
  short: [syn, { sequence: 1, data: joined(bytes("0100000000000001"), echo) }, { sequence: 17, data: echo }],
  strange: [syn, { sequence: 1, data: joined(bytes("9100000800000001"), echo) }],
};

const whole = tcpCapture([hello, echo, tlvs]);
const changed = (at: number, ...values: readonly number[]): Buffer => {
  const copy = Buffer.from(whole);
  copy.set(values, at);
  return copy;
};

/** Files that are faulty as such. */
const files: Readonly<Record<string, Buffer>> = {
  whole,
  cut: whole.subarray(0, whole.length - 5),
  short: whole.subarray(0, 20),
  empty: whole.subarray(0, 24),
  magic: changed(0, 0),
  nanoseconds: changed(0, 0x4d, 0x3c, 0xb2, 0xa1),
  network: changed(20, 101),
  length: changed(32, 0xff, 0xff, 0xff, 0x7f),
  cooked: changed(20, 113),
};

interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

describeWith([openVswitch], "ovs-ofctl with capture files, beside the installed one", () => {
  let directory: string;
  let ours: BuiltProgram;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "ofi-"));
    ours = await buildProgram("ovs-ofctl");
    for (const [name, segments] of Object.entries(streams))
      writeFileSync(join(directory, `stream-${name}`), segmentCapture(segments));
    for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, `file-${name}`), content);
    mkdirSync(join(directory, "directory"));
  });
  afterAll(() => {
    ours.remove();
    rmSync(directory, { recursive: true });
  });

  const run = (file: string, args: readonly string[]): Promise<Ran> =>
    new Promise((resolve) => {
      const options = { cwd: directory, timeout: 20_000, env: { ...process.env, LC_ALL: "C.UTF-8" } };
      execFile(file, [...args], options, (error, stdout, stderr) => {
        const told = stderr.replace(/^\S+Z\|\d+\|/gm, "<time>|").replace(/^\S*ovs-ofctl(\.cjs)?: /gm, "ovs-ofctl: ");
        resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr: told });
      });
    });

  async function check(...args: readonly string[]): Promise<void> {
    const [our, real] = await Promise.all([
      run(process.execPath, [ours.file, ...args]),
      run("/usr/bin/ovs-ofctl", args),
    ]);
    expect({ args, ...our }).toEqual({ args, ...real });
  }

  const every = [...Object.keys(streams).map((n) => `stream-${n}`), ...Object.keys(files).map((n) => `file-${n}`)];

  it.each([...every, "directory", "nowhere"])("ofp-parse-pcap %s", (name) => check("ofp-parse-pcap", name));
  it("parse-pcap", () => check("parse-pcap", ...every, "nowhere", "directory", "file-whole"));
  it.each(["whole", "magic", "length", "short", "cut"])("parse-pcap of one that is %s", (name) =>
    check("parse-pcap", `file-${name}`),
  );
  it.each([["6654"], ["40000"], ["x"], ["72189"], ["6654", "6653"], ["6653x"]])("ports %s", (...ports) =>
    check("ofp-parse-pcap", "file-whole", ...ports),
  );
  it.each([["--timestamp"], ["-m"], ["-m", "-m"]])("options %s", (...options) =>
    check(...options, "ofp-parse-pcap", "stream-both"),
  );
  it.each(["ofp-parse-pcap", "parse-pcap"])("%s of nothing", (command) => check(command));
});
