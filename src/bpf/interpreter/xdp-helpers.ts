import { helper } from "../helpers.js";
import { errno } from "./interpreted-map.js";
import type { Callee } from "./machine.js";
import { XdpFrame } from "./xdp-frame.js";

const SHORTEST = 14;

/** Helpers that work on a frame at an XDP hook. */
export const xdpHelpers: Readonly<Record<number, Callee>> = {
  [helper.xdpAdjustHead]: (machine) => {
    const frame = machine.context(XdpFrame);
    const delta = Number(BigInt.asIntN(32, machine.argument(2)));
    if (-delta > frame.headroom || frame.bytes.length - delta < SHORTEST) return BigInt(-errno.EINVAL);
    frame.packet.splice(0, -delta);
    frame.headroom += delta;
    return 0n;
  },
  [helper.xdpAdjustTail]: (machine) => {
    const frame = machine.context(XdpFrame);
    const delta = Number(BigInt.asIntN(32, machine.argument(2)));
    if (delta > frame.tailroom || frame.bytes.length + delta < SHORTEST) return BigInt(-errno.EINVAL);
    frame.packet.splice(delta < 0 ? frame.bytes.length + delta : frame.bytes.length, delta);
    frame.tailroom -= delta;
    return 0n;
  },
  [helper.xdpGetBuffLen]: (machine) => BigInt(machine.context(XdpFrame).bytes.length),
  [helper.xdpLoadBytes]: (machine) => {
    const { bytes } = machine.context(XdpFrame);
    const [offset, size] = [machine.argument32(2), machine.argument32(4)];
    if (offset + size > bytes.length) return BigInt(-errno.EINVAL);
    machine.memory.write(machine.argument(3), bytes.slice(offset, offset + size));
    return 0n;
  },
  [helper.xdpStoreBytes]: (machine) => {
    const { bytes } = machine.context(XdpFrame);
    const from = machine.memory.read(machine.argument(3), machine.argument32(4));
    const offset = machine.argument32(2);
    if (offset + from.length > bytes.length) return BigInt(-errno.EINVAL);
    bytes.set(from, offset);
    return 0n;
  },
};
