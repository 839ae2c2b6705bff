import type { Device } from "../device.js";
import { isFrameDevice } from "../devices/frame-device.js";
import type { KernelPort } from "./encode-program.js";

/** Whether the packets that come in by a port never meet the program. */
export function isForThreads(device: Device | undefined): boolean {
  if (device === undefined || !isFrameDevice(device)) return false;
  const { frames } = device;
  return frames.kind !== "capture" || frames.input === "socket";
}

/** What is needed to send by a device from within the kernel: only links that are captured take frames that way. */
export function portOf(device: Device, slot: number | undefined): KernelPort | undefined {
  if (!isFrameDevice(device) || device.frames.kind !== "capture") return undefined;
  const { ifindex } = device.frames;
  const { up, mtu } = device.info();
  // Without a slot the program cannot count what is lost there.
  if (!up) return slot === undefined ? undefined : { ifindex, mtu, downSlot: slot };
  const way = device.directWay?.();
  const guest = slot !== undefined && way?.guest ? { address: way.guest, slot } : undefined;
  return { ifindex, mtu, isDirect: way !== undefined, guest };
}

/** Nothing that a program is made of has changed. */
export function isSamePort(a: KernelPort | undefined, b: KernelPort | undefined): boolean {
  return (
    a?.ifindex === b?.ifindex &&
    a?.mtu === b?.mtu &&
    a?.isDirect === b?.isDirect &&
    a?.downSlot === b?.downSlot &&
    String(a?.guest?.address) === String(b?.guest?.address)
  );
}
