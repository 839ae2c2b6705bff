/*
 * A long run below saturation, of both engines side by side: pairs of guests speak TCP, UDP and ICMP to each other, in VLANs, across a patch port and through a firewall, while
 * flows are added, changed and deleted, and other ports come and go. Every frame that left one guest of a pair must have arrived at the other, whatever the engine, and
 * the memory of the switches and of their maps must not grow.
 */
import { type SoakEngine, type SoakFrames, SoakSwitch } from "./soak-switch.js";

/** Runs for so many minutes; prints what every pair of each engine's sent and lost, and how memory went. */
export async function soak(minutes: number, engines: readonly SoakEngine[] = ["netdev", "system"]): Promise<void> {
  const seconds = Math.round(minutes * 60);
  const switches = engines.map((engine) => new SoakSwitch(engine, seconds));
  try {
    for (const each of switches) await each.prepare();
    const frames = await Promise.all(switches.map((each) => each.run()));
    const lost = frames.map(lostOf);
    console.log(`\n${engines.map((engine, i) => `${engine}: ${lost[i] || "no"} frames lost`).join("; ")}`);
    if (lost.some((n) => n !== 0)) process.exitCode = 1;
  } finally {
    for (const each of switches) await each.close();
  }
}

function lostOf(frames: SoakFrames): number {
  return frames.reduce((sum, { there, back }) => sum + Math.abs(there.tx - there.rx) + Math.abs(back.tx - back.rx), 0);
}
