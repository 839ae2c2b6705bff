import type { FrameHandle } from "#host/net.js";
import type { Device } from "../device.js";
import { isFrameDevice } from "../devices/frame-device.js";
import type { Diagnosis } from "./diagnosis.js";

/** How a port's packets come in, and why in that way. */
export type PortWay = { readonly input: string; readonly reason: string };

function times(count: number, what: string): string {
  return count === 1 ? what : `${what}, ${count} queues`;
}

function frameWay(type: string, frames: FrameHandle, diagnosis: Diagnosis): PortWay {
  const of = (wanted: string): string => diagnosis.inputs.find(({ types }) => types.includes(wanted))?.reason ?? "";
  switch (frames.kind) {
    case "capture": {
      const why = frames.input === "ring" ? "the fastest input works here" : of("system");
      const input = frames.input === "ring" ? "BPF ring at tcx" : "packet socket";
      if (type === "internal") return { input: `veth pair, ${input}`, reason: of("internal") };
      return { input, reason: type.startsWith("afxdp") ? `AF_XDP does not work with it; ${why}` : why };
    }
    case "tap":
      return { input: times(frames.queues, "TAP"), reason: `ports of type ${type} are TAP devices` };
    case "xdp":
      return { input: times(frames.queues, `AF_XDP, ${frames.mode}`), reason: `type=${type}` };
    case "vhost":
      return { input: times(frames.queues, "the guest's memory"), reason: `type=${type}` };
    case "fake":
      return { input: "made up", reason: "there is no host" };
  }
}

/** Tells the way of a port's device. */
export function portWay(device: Device, diagnosis: Diagnosis): PortWay {
  if (isFrameDevice(device)) return frameWay(device.type, device.frames, diagnosis);
  return { input: "inside the switch", reason: `type=${device.type} has no device of the host` };
}
