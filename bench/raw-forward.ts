/* Frames from one port to another and back through FrameIo in a worker thread, with no switch in between: what the input and output cost. */
import { isMainThread, parentPort, receiveMessageOnPort, Worker, workerData } from "node:worker_threads";
import { LinuxFrameIo } from "../src/host/linux/frame-io.js";
import { LinuxNetHost } from "../src/host/linux/net-host.js";
import type { FrameHandle, FrameInput } from "../src/host/net.js";
import { sendSmallFrames } from "./frame-sender.js";
import { makeGuest, median, smallFrames, tcpThroughput } from "./guests.js";

interface Job {
  readonly ports: readonly FrameHandle[];
  readonly ringSize: number;
}

function forward({ ports, ringSize }: Job): void {
  const io = new LinuxFrameIo({ ringSize });
  for (const [port, handle] of ports.entries()) io.attach(port, handle);
  const wake = parentPort!;
  wake.postMessage(io.wakeFd);
  let frames = 0;
  let turns = 0;
  let sleeps = 0;
  for (;;) {
    const count = io.receive(256, (port, memory, at, length, offload) => {
      io.send(port ^ 1, memory, at, 0, memory, at, length, offload);
    });
    io.flush();
    frames += count;
    turns++;
    if (count > 0) continue;
    sleeps++;
    io.wait(100);
    if (receiveMessageOnPort(wake)) break;
  }
  const counters = ports.map((_, port) => io.counters(port));
  wake.postMessage({ frames, turns, sleeps, counters });
  io.close();
}

async function main(): Promise<void> {
  const seconds = 3;
  const rounds = Number(process.argv[2] ?? 3);
  const input = (process.argv[3] || undefined) as FrameInput | undefined;
  const ringSize = Number(process.argv[4] ?? 8) << 20;
  const net = new LinuxNetHost();
  const a = makeGuest("wlpa", 1);
  const b = makeGuest("wlpb", 2);
  const captures = [a, b].map((guest) => net.capture(guest.port, input ? { input } : {}));
  console.log(
    captures
      .map((c) => `${c.frames.name}: input ${c.frames.input}, hidden by ${c.hidden.by} ${c.hidden.reason ?? ""}`)
      .join("\n"),
  );
  const worker = new Worker(process.argv[1]!, { workerData: { ports: captures.map((c) => c.frames), ringSize } });
  await new Promise((resolve) => worker.once("message", resolve));
  try {
    const tcp: number[] = [];
    const small: number[] = [];
    console.log(a.run("ping", "-c", "20", "-i", "0.02", "-q", b.address).stdout.trim().split("\n").at(-1));
    for (let i = 0; i < rounds; i++) {
      const cpu = process.cpuUsage();
      const frames = await smallFrames(a, b, seconds);
      const used = process.cpuUsage(cpu);
      small.push(frames.perSecond);
      console.log(
        `60 bytes: sent ${(frames.sent / seconds / 1e3).toFixed(0)} k/s, arrived ${(frames.perSecond / 1e3).toFixed(0)} k/s, cpu user ${((used.user / frames.arrived) * 1e3).toFixed(0)} sys ${((used.system / frames.arrived) * 1e3).toFixed(0)} ns a frame`,
      );
      tcp.push(await tcpThroughput(a, b, seconds));
      console.log(`TCP: ${(tcp.at(-1)! / 1e9).toFixed(2)} Gb/s`);
    }
    console.log(`medians: ${(median(small) / 1e3).toFixed(0)} k/s, ${(median(tcp) / 1e9).toFixed(2)} Gb/s`);
  } finally {
    const done = new Promise((resolve) => worker.once("message", resolve));
    worker.postMessage("stop");
    console.dir(await done, { depth: 4 });
    await worker.terminate();
    for (const capture of captures) capture.close();
    for (const guest of [a, b]) guest.remove();
    net.close();
  }
}

if (!isMainThread) forward(workerData as Job);
else if (process.argv[2] === "sender") {
  const [source, destination, seconds, flows] = process.argv.slice(3);
  console.log(sendSmallFrames(source!, destination!, Number(seconds), Number(flows)));
} else void main();
