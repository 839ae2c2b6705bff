import type { FrameSource, LinkInfo, MovedDevice, NetHost } from "#host/net.js";
import { NetDevice } from "./net-device.js";
import { switchSide } from "./switch-side.js";

const IFNAMSIZ = 15;
/** The inner end lets everything pass; the port's own MTU is what counts. */
const MAX_MTU = 65535;

/** What is written down of inner ends, before the port's name. */
const ALIAS = "Weft: the switch's end of ";

/** FNV-1a of the name's UTF-8, 32 bits. */
function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** The name of the end that the switch has of the pair that is called `name`. */
export function innerEndOf(name: string): string {
  const plain = `weft-${name}`;
  return new TextEncoder().encode(plain).length <= IFNAMSIZ
    ? plain
    : `weft-${hashOf(name).toString(16).padStart(8, "0")}`;
}

/** The port whose inner end a link is; undefined where it is none. */
export function portOfInnerEnd({ alias }: LinkInfo): string | undefined {
  return alias.startsWith(ALIAS) ? alias.slice(ALIAS.length) : undefined;
}

/** Whether a pair of that name is there, made by an earlier process perhaps. */
export function hasPair(net: NetHost, name: string): boolean {
  const inner = net.link(innerEndOf(name));
  return inner !== undefined && portOfInnerEnd(inner) === name;
}

/** Takes a pair away that a process has begun to make, and has not lived to finish. */
export function dropHalfPair(net: NetHost, name: string): void {
  const inner = innerEndOf(name);
  const link = net.link(inner);
  if (link?.kind !== "veth" || link.alias !== "") return;
  const other = net.otherEnd(inner);
  const isOurs = other?.net === net && other.name === name;
  other?.close();
  if (isOurs) net.deleteLink(inner);
}

/** The inner end is up only once its frames are taken: none of them is to reach the host's stack there. */
function openInnerEnd(net: NetHost, name: string): FrameSource {
  const inner = innerEndOf(name);
  const capture = net.capture(inner);
  try {
    net.setUp(inner, true);
  } catch (error) {
    capture.close();
    throw error;
  }
  return capture;
}

function makePair(net: NetHost, name: string): void {
  const inner = innerEndOf(name);
  net.createVeth(name, inner);
  try {
    net.setMtu(inner, MAX_MTU);
    // Last: a pair that nobody has finished is none.
    net.setAside(inner, ALIAS + name);
  } catch (error) {
    net.deleteLink(inner);
    throw error;
  }
}

/**
 * An internal port as a veth pair: the end named as the port is the host's, to be configured, watched and moved as any other device; the other one is the switch's.
 * It goes with `close`, wherever the host's end is by then, and stays where the process ends without: with its addresses and routes, to be taken up again by the next. Throws `HostError`.
 */
export function openPairDevice(
  net: NetHost,
  type: "internal",
  name: string,
  options: ReadonlyMap<string, string>,
): NetDevice {
  const inner = innerEndOf(name);
  const isNew = !hasPair(net, name);
  if (isNew) makePair(net, name);
  const remove = (): void => {
    if (net.link(inner)) net.deleteLink(inner);
  };
  const follow = (): MovedDevice | undefined => {
    const place = net.otherEnd(inner);
    // Under another name it is another device.
    if (place === undefined || place.name === name || place.net !== net) return place;
    place.close();
    return undefined;
  };
  try {
    const capture = openInnerEnd(net, name);
    const frames = { ...capture.frames, name, mtu: net.link(name)?.mtu ?? capture.frames.mtu };
    const close = (): void => {
      capture.close();
      remove();
    };
    return new NetDevice(net, name, { type, stats: switchSide, follow }, { frames, close }, options);
  } catch (error) {
    if (isNew) remove();
    throw error;
  }
}
