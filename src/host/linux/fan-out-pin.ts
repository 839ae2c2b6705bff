import { existsSync } from "node:fs";
import { decodeLink, deleteLink, dumpLinks } from "#wire/rtnetlink.js";
import { FAN_OUT_ALIAS } from "../fan-out.js";
import { linkInfo } from "./bpf/object.js";
import { openPinned } from "./bpf/pin.js";
import { NetlinkSocket } from "./netlink-socket.js";
import * as sys from "./syscalls.js";

/** The name of the fan-out device's link in a directory of pinned maps. */
export const FAN_OUT_PIN = "fan_out";

/** Takes the device away that a process has left whose maps are pinned in a directory, if it is in this network namespace. */
export function removeFanOut(directory: string): void {
  const path = `${directory}/${FAN_OUT_PIN}`;
  if (!existsSync(path)) return;
  let netlink: NetlinkSocket | undefined;
  try {
    const ifindex = deviceOf(path);
    netlink = new NetlinkSocket(0);
    const devices = netlink.request(dumpLinks(), "links").map(({ payload }) => decodeLink(payload));
    if (devices.some((device) => device?.ifindex === ifindex && device.alias === FAN_OUT_ALIAS))
      netlink.request(deleteLink(ifindex), "the fan-out device");
  } catch {
    // It has gone.
  } finally {
    netlink?.close();
  }
}

function deviceOf(path: string): number {
  const link = openPinned(path);
  try {
    return linkInfo(link).ifindex;
  } finally {
    sys.close(link);
  }
}
