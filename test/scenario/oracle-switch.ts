import type { BridgeSettings, PortSettings } from "#ofproto/settings.js";
import { bridgeDefaults, portDefaults, type Sent } from "./switch-lab.js";

/*
 * A learning switch with VLANs, slow and obvious: lists, no flows, no caches, frames taken apart and put together as text. What the
 * whole of `ofproto` must agree with.
 */

interface Tag {
  readonly tpid: string;
  readonly pcp: number;
  readonly vid: number;
}

/** A frame taken apart. A bridge behind a patch port sees no more tags than the first one did. */
interface Frame {
  readonly dst: string;
  readonly src: string;
  readonly tags: readonly Tag[];
  /** From the Ethernet type on. */
  readonly rest: string;
}

interface Port {
  readonly name: string;
  settings: PortSettings;
  /** The other end of a patch. */
  readonly peer: string | undefined;
}

interface Learned {
  readonly vlan: number;
  readonly mac: string;
  port: string;
  seen: number;
}

interface Bridge {
  settings: BridgeSettings;
  readonly ports: Port[];
  learned: Learned[];
}

const ctag = "8100";
const vid = (tag: Tag | undefined): number => tag?.vid ?? 0;
const ownVlan = (port: PortSettings): number => Math.max(0, port.tag);

export class OracleSwitch {
  readonly bridges: Bridge[] = [];

  addBridge(name: string, settings: Partial<BridgeSettings> = {}): void {
    this.bridges.push({ settings: { ...bridgeDefaults, ...settings, name }, ports: [], learned: [] });
    this.addPort(name, name);
  }

  configureBridge(name: string, settings: Partial<BridgeSettings>): void {
    const bridge = this.#bridge(name);
    bridge.settings = { ...bridge.settings, ...settings };
    bridge.learned = bridge.learned.filter((e) => !bridge.settings.floodVlans.includes(e.vlan));
  }

  addPort(bridge: string, name: string, settings: Partial<PortSettings> = {}, peer?: string): void {
    const full = { ...portDefaults, ...settings, name, members: [name] };
    this.#bridge(bridge).ports.push({ name, settings: full, peer });
  }

  configurePort(bridge: string, name: string, settings: Partial<PortSettings>): void {
    const on = this.#bridge(bridge);
    const port = on.ports.find((p) => p.name === name)!;
    port.settings = { ...portDefaults, ...settings, name, members: [name] };
    on.learned = on.learned.filter((e) => e.port !== name);
  }

  removePort(bridge: string, name: string): void {
    const on = this.#bridge(bridge);
    on.ports.splice(
      on.ports.findIndex((p) => p.name === name),
      1,
    );
    on.learned = on.learned.filter((e) => e.port !== name);
  }

  flush(bridge: string): void {
    this.#bridge(bridge).learned = [];
  }

  /** Time has come to `now`. */
  age(now: number): void {
    for (const b of this.bridges) b.learned = b.learned.filter((e) => now - e.seen < b.settings.macAgingTime * 1000);
  }

  /** Frames that leave, by port name. */
  receive(now: number, bridge: string, port: string, frame: string): Sent[] {
    const sent: Sent[] = [];
    const on = this.#bridge(bridge);
    this.#forward(now, on, port, parse(frame, on.settings.vlanLimit), sent, 0);
    return sent.sort((a, b) => (a.port < b.port ? -1 : 1));
  }

  #bridge(name: string): Bridge {
    return this.bridges.find((b) => b.settings.name === name)!;
  }

  #forward(now: number, bridge: Bridge, portName: string, frame: Frame, sent: Sent[], depth: number): void {
    if (depth > 64) throw new Error("the oracle does not do loops");
    const from = bridge.ports.find((p) => p.name === portName);
    if (!from || bridge.settings.failMode === "secure") return;
    const { dst, src, tags } = frame;
    if (!mayEnter(from.settings, vid(tags[0]))) return;
    if (!bridge.settings.forwardBpdu && isReserved(dst)) return;
    const inside = enter(from.settings, tags);
    const vlan = vid(inside[0]);
    const floods = bridge.settings.floodVlans.includes(vlan);
    if (!floods && (Number.parseInt(src.slice(0, 2), 16) & 1) === 0) {
      const known = bridge.learned.find((e) => e.vlan === vlan && e.mac === src);
      if (known) Object.assign(known, { port: from.name, seen: now });
      else bridge.learned.push({ vlan, mac: src, port: from.name, seen: now });
    }
    const found = floods ? undefined : bridge.learned.find((e) => e.vlan === vlan && e.mac === dst);
    const targets = found
      ? bridge.ports.filter((p) => p.name === found.port)
      : bridge.ports.filter((p) => carries(p, inside));
    for (const to of targets) {
      if (to === from || (to.settings.protected && from.settings.protected)) continue;
      const out = { ...frame, tags: leave(to.settings, inside, tags[0]) };
      if (to.peer === undefined) sent.push({ port: to.name, frame: text(out) });
      else this.#cross(now, to.peer, out, sent, depth);
    }
  }

  #cross(now: number, peer: string, frame: Frame, sent: Sent[], depth: number): void {
    const bridge = this.bridges.find((b) => b.ports.some((p) => p.name === peer));
    if (bridge) this.#forward(now, bridge, peer, frame, sent, depth + 1);
  }
}

/** Takes a frame apart, with at most `limit` of its tags. */
function parse(frame: string, limit: number): Frame {
  const tags: Tag[] = [];
  let at = 24;
  while (tags.length < limit && (frame.startsWith(ctag, at) || frame.startsWith("88a8", at))) {
    const tci = Number.parseInt(frame.slice(at + 4, at + 8), 16);
    tags.push({ tpid: frame.slice(at, at + 4), pcp: tci >> 13, vid: tci & 0xfff });
    at += 8;
  }
  return { dst: frame.slice(0, 12), src: frame.slice(12, 24), tags, rest: frame.slice(at) };
}

function text({ dst, src, tags, rest }: Frame): string {
  return dst + src + tags.map(tagText).join("") + rest;
}

function tagText(tag: Tag): string {
  return tag.tpid + ((tag.pcp << 13) | tag.vid).toString(16).padStart(4, "0");
}

function trunks(port: PortSettings, vlan: number): boolean {
  if (port.vlanMode !== "trunk" && vlan === ownVlan(port)) return true;
  if (port.vlanMode !== "trunk" && vlan === 0) return false;
  return port.trunks.length === 0 || port.trunks.includes(vlan);
}

function mayEnter(port: PortSettings, vlan: number): boolean {
  if (port.vlanMode === "access") return vlan === 0;
  if (port.vlanMode === "dot1q-tunnel") return port.cvlans.length === 0 || port.cvlans.includes(vlan);
  if (port.vlanMode === "trunk") return trunks(port, vlan);
  return vlan === 0 || trunks(port, vlan);
}

/** Tags inside the bridge. */
function enter(port: PortSettings, tags: readonly Tag[]): Tag[] {
  const [outer, inner] = tags;
  const own: Tag = { tpid: outer?.tpid ?? ctag, pcp: outer?.pcp ?? 0, vid: ownVlan(port) };
  switch (port.vlanMode) {
    case "access":
      return [own];
    case "native-tagged":
    case "native-untagged":
      return vid(outer) !== 0 ? [...tags] : [own, ...(inner ? [inner] : [])];
    case "trunk":
      return [...tags];
    case "dot1q-tunnel":
      return [{ tpid: port.qinqEthertype.toString(16), pcp: 0, vid: ownVlan(port) }, ...(outer ? [outer] : [])];
  }
}

function carries({ settings }: Port, tags: readonly Tag[]): boolean {
  const [outer, inner] = tags;
  switch (settings.vlanMode) {
    case "access":
      return vid(outer) === ownVlan(settings) && vid(inner) === 0;
    case "dot1q-tunnel":
      return vid(outer) === ownVlan(settings) && (settings.cvlans.length === 0 || settings.cvlans.includes(vid(inner)));
    default:
      return trunks(settings, vid(outer));
  }
}

/** Tags on the wire. A tag that says nothing is left out, and with it those inside; one added for its priority alone is 802.1Q. */
function leave(port: PortSettings, tags: readonly Tag[], packetOuter: Tag | undefined): Tag[] {
  let out: Tag[] = [...tags];
  if (port.vlanMode === "access") out = [];
  else if (port.vlanMode === "dot1q-tunnel") out = out.slice(1);
  else if (port.vlanMode === "native-untagged" && vid(out[0]) === ownVlan(port)) out = out.slice(1);
  if (port.priorityTags !== "no") {
    const pcp = packetOuter?.pcp ?? 0;
    if (out[0]) out[0] = { ...out[0], pcp };
    else if (pcp !== 0) out = [{ tpid: ctag, pcp, vid: 0 }];
  }
  const end = out.findIndex((t) => t.vid === 0 && t.pcp === 0 && port.priorityTags !== "always");
  return end === -1 ? out : out.slice(0, end);
}

function isReserved(mac: string): boolean {
  const whole = ["00e02b000000", "00e02b000004", "00e02b000006", "01000c000000", "01000ccdcdcd"];
  return whole.includes(mac) || mac.startsWith("0180c200000") || mac.startsWith("01000cccccc");
}
