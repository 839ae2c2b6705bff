import { newKey } from "#flow/key.js";
import { VLAN_PRESENT, W } from "#flow/layout.js";
import { parseOdpKey } from "#flow/odp-parse.js";
import { UserError } from "#util/errors.js";
import { parseMac } from "#util/mac.js";
import type { DatapathAction, UserspaceCookie } from "../actions.js";
import { slowPathReasons } from "./action-text.js";
import { parseCtAction } from "./ct-parse.js";
import { parseNshHeader } from "./nsh-parse.js";
import { parseTunnelHeader } from "./tunnel-header-parse.js";

/**
 * Reads datapath actions as `formatDatapathActions` writes them; `drop` or nothing is the empty list. Throws
 * `UserError` "Invalid argument", as upstream says no more.
 */
export function parseDatapathActions(text: string): DatapathAction[] {
  const reader = new Reader(text);
  const actions = text.trim() === "drop" ? [] : parseList(reader, false);
  if (text.trim() !== "drop") reader.end();
  return actions;
}

function invalid(): UserError {
  return new UserError("Invalid argument");
}

class Reader {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** Takes what the pattern (sticky) matches here; undefined where it does not. */
  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (match === null) return undefined;
    this.at += match[0].length;
    return match;
  }

  need(pattern: RegExp): RegExpExecArray {
    const match = this.take(pattern);
    if (match === undefined) throw invalid();
    return match;
  }

  /** What stands before the parenthesis that closes one already opened; takes it, too. */
  toClosing(): string {
    let depth = 1;
    for (let i = this.at; i < this.text.length; i++) {
      const c = this.text[i];
      if (c === "(") depth++;
      else if (c === ")" && --depth === 0) {
        const inner = this.text.slice(this.at, i);
        this.at = i + 1;
        return inner;
      }
    }
    throw invalid();
  }

  end(): void {
    if (this.at < this.text.length) throw invalid();
  }
}

const separators = /[, \t\r\n]*/y;

/** Reads actions up to the end, or in a nested list up to its closing parenthesis. */
function parseList(reader: Reader, nested: boolean): DatapathAction[] {
  const actions: DatapathAction[] = [];
  for (;;) {
    reader.take(separators);
    if (reader.at >= reader.text.length) {
      if (nested) throw invalid();
      return actions;
    }
    if (nested && reader.take(/\)/y) !== undefined) return actions;
    actions.push(parseAction(reader));
    if (reader.at < reader.text.length && !/[, \t\r\n)]/.test(reader.text[reader.at]!)) throw invalid();
  }
}

function parseNested(reader: Reader): DatapathAction[] {
  return reader.take(/drop\)/y) === undefined ? parseList(reader, true) : [];
}

function parseAction(reader: Reader): DatapathAction {
  const port = reader.take(/\d+(?![\w.])/y);
  if (port !== undefined) return { kind: "output", port: bounded(port[0], 0xffffffff) };
  const name = reader.need(/[a-z_]+/y)[0];
  if (name === "pop_vlan" || name === "pop_eth") return { kind: name };
  if (name === "ct_clear") return { kind: name };
  if (name === "ct" && reader.text[reader.at] !== "(") return parseCtAction("");
  reader.need(/\(/y);
  const parse = parsers[name];
  if (parse === undefined) throw invalid();
  return parse(reader);
}

const parsers: Readonly<Record<string, (reader: Reader) => DatapathAction>> = {
  userspace: (r) => parseUserspace(r.toClosing()),
  push_vlan: (r) => {
    const m = r.need(/(?:tpid=(0x[0-9a-f]+|\d+),)?vid=(0x[0-9a-f]+|\d+),pcp=(0x[0-9a-f]+|\d+)(?:,cfi=([01]))?\)/iy);
    const tpid = m[1] === undefined ? 0x8100 : bounded(m[1], 0xffff);
    const cfi = m[4] === "0" ? { cfi: 0 as const } : {};
    return { kind: "push_vlan", tpid, vid: bounded(m[2]!, 0xfff), pcp: bounded(m[3]!, 7), ...cfi };
  },
  push_mpls: (r) => ({ ...parseLabel(r), kind: "push_mpls" }),
  add_mpls: (r) => ({ ...parseLabel(r), kind: "add_mpls" }),
  push_eth: (r) => {
    const m = r.need(/src=([0-9a-f:]{11,17}),dst=([0-9a-f:]{11,17})\)/iy);
    return { kind: "push_eth", source: macOf(m[1]!), destination: macOf(m[2]!) };
  },
  push_nsh: (r) => ({ kind: "push_nsh", header: parseNshHeader(r.toClosing()) }),
  pop_nsh: (r) => {
    r.need(/\)/y);
    return { kind: "pop_nsh" };
  },
  pop_mpls: (r) => ({ kind: "pop_mpls", ethertype: bounded(r.need(/eth_type=(0x[0-9a-f]+|\d+)\)/iy)[1]!, 0xffff) }),
  set: (r) => parseSet(r.toClosing()),
  recirc: (r) => ({ kind: "recirc", id: bounded(r.need(/(0x[0-9a-f]+|\d+)\)/iy)[1]!, 0xffffffff) }),
  hash: (r) => {
    const m = r.need(/(?:hash_)?(l4|sym_l4)\((0x[0-9a-f]+|\d+)\)\)/iy);
    return { kind: "hash", algorithm: m[1] as "l4" | "sym_l4", basis: bounded(m[2]!, 0xffffffff) };
  },
  sample: (r) => {
    const percent = Number(r.need(/sample=(\d+(?:\.\d*)?)%,actions\(/y)[1]);
    if (percent > 100) throw invalid();
    const actions = parseNested(r);
    r.need(/\)/y);
    return { kind: "sample", probability: Math.floor(0xffffffff * (percent / 100) + 0.5), actions };
  },
  ct: (r) => parseCtAction(r.toClosing()),
  tnl_push: (r) => {
    const tunnelPort = bounded(r.need(/tnl_port\((0x[0-9a-f]+|\d+)\),header\(/iy)[1]!, 0xffffffff);
    const header = parseTunnelHeader(r.toClosing());
    const outPort = bounded(r.need(/,\s*out_port\((0x[0-9a-f]+|\d+)\)\)/iy)[1]!, 0xffffffff);
    return { kind: "tnl_push", tunnelPort, outPort, ...header };
  },
  tnl_pop: (r) => ({ kind: "tnl_pop", port: bounded(r.need(/(0x[0-9a-f]+|\d+)\)/iy)[1]!, 0xffffffff) }),
  lb_output: (r) => ({ kind: "lb_output", bond: bounded(r.need(/(\d+)\)/y)[1]!, 0xffffffff) }),
  clone: (r) => ({ kind: "clone", actions: parseNested(r) }),
  trunc: (r) => ({ kind: "trunc", maxLength: bounded(r.need(/(\d+)\)/y)[1]!, 0xffffffff) }),
  meter: (r) => ({ kind: "meter", id: bounded(r.need(/(\d+)\)/y)[1]!, 0xffffffff) }),
  check_pkt_len: (r) => {
    const length = bounded(r.need(/size=(\d+),gt\(/y)[1]!, 0xffff);
    const greater = parseNested(r);
    r.need(/,le\(/y);
    const lessEqual = parseNested(r);
    r.need(/\)/y);
    return { kind: "check_pkt_len", length, greater, lessEqual };
  },
};

function parseLabel(r: Reader): { readonly lse: number; readonly ethertype: number } {
  const m = r.need(/label=(\d+),tc=(\d+),ttl=(\d+),bos=([01]),eth_type=(0x[0-9a-f]+|\d+)\)/iy);
  const upper = (bounded(m[1]!, 0xfffff) << 12) | (bounded(m[2]!, 7) << 9) | (Number(m[4]) << 8);
  return { lse: (upper | bounded(m[3]!, 255)) >>> 0, ethertype: bounded(m[5]!, 0xffff) };
}

function macOf(text: string): Uint8Array {
  const mac = parseMac(text);
  if (mac === undefined) throw invalid();
  return mac;
}

function bounded(text: string, max: number): number {
  const value = Number(text);
  if (!(value <= max)) throw invalid();
  return value;
}

function parseUserspace(text: string): DatapathAction {
  const m =
    /^pid=(\d+)(?:,(slow_path|sFlow|flow_sample|ipfix|controller|live_trace|userdata)\(([^)]*)\))?(,actions)?(?:,tunnel_out_port=(\d+))?$/.exec(
      text,
    );
  if (m === null) throw invalid();
  const cookie: UserspaceCookie =
    m[2] === undefined ? { kind: "userdata", bytes: new Uint8Array(48) } : parseCookie(m[2], m[3]!);
  const actions = m[4] === undefined ? {} : { withActions: true as const };
  const tunnel = m[5] === undefined ? {} : { tunnelOutPort: bounded(m[5], 0xffffffff) };
  return { kind: "userspace", pid: bounded(m[1]!, 0xffffffff), cookie, ...actions, ...tunnel };
}

/** Upstream pads what is shorter with zeros. */
const LEAST_USERDATA = 8;

function parseCookie(name: string, text: string): UserspaceCookie {
  switch (name) {
    case "slow_path":
      return { kind: "slow_path", reason: parseReasons(text), ofprotoUuid: "" };
    case "live_trace":
      return { kind: "live_trace" };
    case "userdata": {
      if (!/^(?:[0-9a-f]{2})*$/i.test(text)) throw invalid();
      const bytes = new Uint8Array(Math.max(LEAST_USERDATA, text.length / 2));
      bytes.set(Uint8Array.from(text.match(/../g) ?? [], (d) => Number.parseInt(d, 16)));
      return { kind: "userdata", bytes };
    }
    case "sFlow": {
      const { vid, pcp, output } = numbers(text, ["vid", "pcp", "output"]);
      return { kind: "sflow", vlanTci: (vid! & 0xfff) | ((pcp! & 7) << 13), output: output! };
    }
    case "ipfix":
      return { kind: "ipfix", outputPort: numbers(text, ["output_port"])["output_port"]! };
    case "flow_sample": {
      const direction = /,(ingress|egress)$/.exec(text)?.[1] as "ingress" | "egress" | undefined;
      const n = numbers(text.replace(/,(ingress|egress)$/, ""), [
        "probability",
        "collector_set_id",
        "obs_domain_id",
        "obs_point_id",
        "output_port",
      ]);
      return {
        kind: "flow_sample",
        probability: n["probability"]!,
        collectorSetId: n["collector_set_id"]!,
        observationDomainId: n["obs_domain_id"]!,
        observationPointId: n["obs_point_id"]!,
        outputPort: n["output_port"]!,
        direction,
      };
    }
    default:
      return parseController(text);
  }
}

function parseController(text: string): UserspaceCookie {
  const rule = /rule_cookie=(0x[0-9a-f]+|\d+)/i.exec(text)?.[1];
  if (rule === undefined) throw invalid();
  const n = numbers(text.replace(/rule_cookie=[^,]*,/, ""), [
    "reason",
    "dont_send",
    "continuation",
    "recirc_id",
    "controller_id",
    "max_len",
  ]);
  return {
    kind: "controller",
    reason: n["reason"]!,
    dontSend: n["dont_send"] !== 0,
    continuation: n["continuation"] !== 0,
    recircId: n["recirc_id"]!,
    ruleCookie: BigInt(rule),
    controllerId: n["controller_id"]!,
    maxLength: n["max_len"]!,
  };
}

/** `a=1,b=2` with exactly these names in this order. */
function numbers(text: string, names: readonly string[]): Record<string, number> {
  const parts = text.split(",");
  if (parts.length !== names.length) throw invalid();
  const found: Record<string, number> = {};
  for (const [i, name] of names.entries()) {
    const m = /^(\w+)=(0x[0-9a-f]+|\d+)$/i.exec(parts[i]!);
    if (m === null || m[1] !== name) throw invalid();
    found[name] = bounded(m[2]!, 0xffffffff);
  }
  return found;
}

function parseReasons(text: string): number {
  if (text === "") return 0;
  const known = (1 << slowPathReasons.length) - 1;
  if (/^(0x[0-9a-f]+|\d+)$/i.test(text)) return bounded(text, known);
  let reason = 0;
  for (const name of text.split("|")) {
    const bit = slowPathReasons.indexOf(name);
    if (bit < 0) throw invalid();
    reason |= 1 << bit;
  }
  return reason;
}

/** Ethernet type and protocol of the header that a `set` names. */
const contexts: Readonly<Record<string, readonly [etherType: number, protocol: number]>> = {
  ipv4: [0x0800, 0],
  ipv6: [0x86dd, 0],
  arp: [0x0806, 0],
  mpls: [0x8847, 0],
  nsh: [0x894f, 0],
  tcp: [0, 6],
  udp: [0, 17],
  sctp: [0, 132],
  icmp: [0x0800, 1],
  icmpv6: [0x86dd, 58],
  nd: [0x86dd, 58],
};

/** Attributes that can be set. */
const settable: ReadonlySet<string> = new Set([
  "skb_priority",
  "skb_mark",
  "dp_hash",
  "eth",
  "tunnel",
  ...Object.keys(contexts),
]);

function parseSet(text: string): DatapathAction {
  const m = /^([a-z0-9_]+)\((.*)\)$/s.exec(text);
  if (m === null) throw invalid();
  const [, name, inner] = m as unknown as [string, string, string];
  // One attribute only: the parenthesis that its name opens closes at the very end.
  const reader = new Reader(text);
  reader.at = name.length + 1;
  if (reader.toClosing() !== inner) throw invalid();
  if (name === "vlan") return parseVlanSet(inner);
  const [etherType, protocol] = contexts[name] ?? [0, 0];
  let read: ReturnType<typeof parseOdpKey>;
  try {
    read = parseOdpKey(text);
  } catch {
    throw invalid();
  }
  const { key: value, mask } = read;
  // What reading a bare attribute adds is not to be set.
  mask[W.ethType] = mask[W.packetType] = 0;
  if (name !== "ipv4" && name !== "ipv6") mask[W.nw]! &= name === "arp" ? 0x000000ff : 0;
  if (mask.every((m) => m === 0) || !settable.has(name)) throw invalid();
  value[W.ethType] = etherType;
  if (protocol !== 0) value[W.nw] = (value[W.nw]! & ~0xff) | protocol;
  return { kind: "set", value, mask };
}

function parseVlanSet(text: string): DatapathAction {
  const value = newKey();
  const mask = newKey();
  const m = /^(?:vid=(\d+)(?:\/(0x[0-9a-f]+))?)?,?(?:pcp=(\d+)(?:\/(0x[0-9a-f]+))?)?$/i.exec(text);
  if (m === null || (m[1] ?? m[3]) === undefined) throw invalid();
  const vidMask = m[1] === undefined ? 0 : m[2] === undefined ? 0xfff : bounded(m[2], 0xfff);
  const pcpMask = m[3] === undefined ? 0 : m[4] === undefined ? 7 : bounded(m[4], 7);
  value[W.vlan0] = bounded(m[1] ?? "0", 0xfff) | (bounded(m[3] ?? "0", 7) << 13) | VLAN_PRESENT;
  mask[W.vlan0] = vidMask | (pcpMask << 13);
  return { kind: "set", value, mask };
}
