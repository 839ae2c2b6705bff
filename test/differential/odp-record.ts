// Records how the installed Open vSwitch extracts keys from frames and writes datapath flows: odp-recorded.json.
// Run with: node tools/run.mjs test/differential/odp-record.ts && npx biome format --write test/differential/odp-recorded.json
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type DummySwitch, startDummySwitch } from "../support/dummy-switch.js";
import { cutFrame, type TestFrame, testFrames } from "./odp-frames.js";
import type { RecordedCuts, RecordedFrame, RecordedOdp, RecordedText } from "./odp-recorded.js";
import { composeTexts, odpTexts } from "./odp-texts.js";

const SHORTEST = 14;

async function record(): Promise<void> {
  const peer = await startDummySwitch();
  try {
    await peer.call("upcall/disable-megaflows");
    const frames: RecordedCuts[] = [];
    for (const frame of testFrames) {
      for (const fitted of frame.fit === undefined ? [false] : [false, true]) {
        frames.push({ name: frame.name, fitted, keys: await cuts(peer, frame, fitted) });
      }
    }
    const texts: RecordedText[] = [];
    for (const text of odpTexts) texts.push(await readBack(peer, text));
    const traced: Record<string, string> = {};
    for (const { name, hex } of testFrames) {
      const text = await peer.call("ofproto/trace", "br0", "in_port=1", hex);
      traced[name] = /^Flow: (.*)$/m.exec(text)![1]!;
    }
    const composed: RecordedFrame[] = [];
    for (const [text, length] of composeTexts) composed.push(await compose(peer, text, length));
    const recorded: RecordedOdp = { release: peer.release, frames, texts, traced, composed };
    writeFileSync(join(import.meta.dirname, "odp-recorded.json"), `${JSON.stringify(recorded, null, 1)}\n`);
  } finally {
    await peer.stop();
  }
}

async function readBack(peer: DummySwitch, text: string): Promise<RecordedText> {
  await peer.call("dpctl/del-flows");
  const error = await peer.call("dpctl/add-flow", text, "2");
  if (error !== "") return { text, error: error.trim() };
  return { text, short: await onlyFlow(peer), long: await onlyFlow(peer, "-m") };
}

async function compose(peer: DummySwitch, text: string, length: number | undefined): Promise<RecordedFrame> {
  const before = peer.sent().length;
  const asked = length === undefined ? { text } : { text, length };
  const error = await peer.call(
    "netdev-dummy/receive",
    "p1",
    text,
    ...(length === undefined ? [] : ["--len", `${length}`]),
  );
  if (error !== "") return { ...asked, error: error.trim() };
  for (;;) {
    // A command's answer comes after the switch had a turn to forward.
    await peer.call("version");
    const hex = peer.sent()[before];
    if (hex !== undefined) return { ...asked, hex };
  }
}

/** The key at each length where it becomes another. */
async function cuts(peer: DummySwitch, frame: TestFrame, fitted: boolean): Promise<[number, string][]> {
  const keys: [number, string][] = [];
  const full = frame.hex.length / 2;
  for (let length = SHORTEST; length <= full; length++) {
    const key = (await extracted(peer, cutFrame(frame, length, fitted))) ?? "none";
    if (keys.at(-1)?.[1] !== key) keys.push([length, key]);
  }
  return keys;
}

async function extracted(peer: DummySwitch, hex: string): Promise<string | undefined> {
  // Not dpctl/del-flows: it leaves the upcall handlers believing that the flow is there.
  await peer.call("revalidator/purge");
  const error = await peer.call("netdev-dummy/receive", "p1", hex);
  if (error !== "") throw new Error(error);
  for (let i = 0; i < 10; i++) {
    const key = await onlyFlow(peer, "-m");
    if (key !== "") return key;
  }
  return undefined;
}

/** The key of the only flow there is, or "". */
async function onlyFlow(peer: DummySwitch, ...options: string[]): Promise<string> {
  const flows = await peer.flows(...options);
  if (flows.length > 1) throw new Error(`several flows: ${flows.join("; ")}`);
  return flows[0] ?? "";
}

record().catch((e: unknown) => {
  console.error(e);
  process.exitCode = 1;
});
