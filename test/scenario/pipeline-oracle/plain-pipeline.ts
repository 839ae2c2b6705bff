import { PlainFrame, Unclear } from "./plain-frame.js";
import {
  type Condition,
  fields,
  type Part,
  type PlainAction,
  type PlainGroup,
  type PlainRule,
  packetKinds,
} from "./plain-rules.js";

/*
 * A switch of several tables, slow and obvious: every packet is looked up anew in lists, every action changes the frame's bytes at once, nothing is
 * remembered but what learning and connection tracking mean.
 */

/** A frame that leaves by a port. */
export interface PlainOutput {
  readonly port: number;
  readonly frame: string;
}

/** A packet on its way: the frame and what goes along. */
interface PlainPacket {
  frame: PlainFrame;
  meta: Map<string, bigint>;
  readonly stack: { readonly value: bigint; readonly bits: number }[];
  actionSet: PlainAction[];
  /** `exit` was done. */
  over: boolean;
}

interface Connection {
  readonly zone: number;
  readonly key: string;
  readonly reverse: string;
  replied: boolean;
  mark: bigint;
}

const ONES = (bits: number): bigint => (1n << BigInt(bits)) - 1n;
/** The local port. */
export const LOCAL = 65534;
const MAX_NESTED = 32;

export class PlainPipeline {
  rules: PlainRule[] = [];
  readonly groups: Map<number, PlainGroup> = new Map();
  readonly ports: readonly number[];
  readonly #connections: Connection[] = [];
  #out: PlainOutput[] = [];
  #learned: PlainRule[] = [];
  #depth = 0;

  constructor(ports: readonly number[]) {
    this.ports = ports;
  }

  /** What becomes of a frame. Throws `Unclear` where this model cannot say. */
  receive(port: number, bytes: Uint8Array): PlainOutput[] {
    this.#out = [];
    this.#learned = [];
    this.#depth = 0;
    const packet: PlainPacket = {
      frame: new PlainFrame(bytes.slice()),
      meta: new Map([["in_port", BigInt(port)]]),
      stack: [],
      actionSet: [],
      over: false,
    };
    this.#table(packet, 0);
    this.#runActionSet(packet);
    for (const rule of this.#learned) this.#add(rule);
    return this.#out;
  }

  /** Adds a flow in the place of one that matches the same. */
  #add(rule: PlainRule): void {
    const same = this.rules.findIndex(
      (r) => r.table === rule.table && r.priority === rule.priority && sameMatch(r, rule),
    );
    if (same >= 0) this.rules.splice(same, 1);
    this.rules.push(rule);
  }

  /** `port`: looked up as if it had come in there. */
  #table(packet: PlainPacket, table: number, port?: number): void {
    if (this.#depth >= MAX_NESTED) throw new Unclear("deep");
    let best: PlainRule | undefined;
    const inPort = packet.meta.get("in_port")!;
    if (port !== undefined) packet.meta.set("in_port", BigInt(port));
    for (const rule of this.rules) {
      if (rule.table !== table || !matches(packet, rule)) continue;
      if (best && best.priority === rule.priority) throw new Unclear("two flows of one priority match");
      if (!best || rule.priority > best.priority) best = rule;
    }
    packet.meta.set("in_port", inPort);
    if (!best) return;
    this.#depth++;
    this.#run(packet, best.actions);
    this.#depth--;
  }

  #run(packet: PlainPacket, actions: readonly PlainAction[]): void {
    for (const action of actions) {
      if (packet.over) return;
      if (!this.#act(packet, action)) return;
    }
  }

  /** False where the rest of this list is not done. */
  #act(packet: PlainPacket, a: PlainAction): boolean {
    const { frame } = packet;
    const inPort = Number(packet.meta.get("in_port"));
    switch (a.kind) {
      case "output":
        if (a.port !== inPort) this.#output(packet, a.port);
        return true;
      case "output_reg": {
        const port = Number(partOf(packet, a.from));
        if (port >= 0xff00 && port !== LOCAL) throw new Unclear("reserved port");
        if (port !== inPort) this.#output(packet, port);
        return true;
      }
      case "in_port":
        this.#output(packet, inPort);
        return true;
      case "all":
      case "flood":
        for (const port of this.ports) if (port !== inPort) this.#output(packet, port);
        return true;
      case "resubmit": {
        this.#table(packet, a.table, a.port);
        return true;
      }
      case "set":
        write(packet, a.field, (fieldValue(packet, a.field) & ~a.mask) | (a.value & a.mask));
        return true;
      case "load":
        writePart(packet, a.to, a.value);
        return true;
      case "move":
        writePart(packet, a.to, partOf(packet, a.from));
        return true;
      case "push":
        packet.stack.push({ value: partOf(packet, a.part), bits: a.part.bits });
        return true;
      case "pop": {
        const top = packet.stack.pop();
        if (top === undefined) return true;
        writePart(packet, a.part, top.value & ONES(a.part.bits));
        return true;
      }
      case "push_vlan":
        if (frame.vlans >= 2) throw new Unclear("three VLAN headers");
        frame.pushVlan(a.tpid);
        return true;
      case "pop_vlan":
        frame.popVlan();
        return true;
      case "push_mpls":
        pushMpls(frame, a.ethertype);
        return true;
      case "pop_mpls":
        if (frame.type !== 0x8847) return true;
        if (frame.labels > 1 !== (a.ethertype === 0x8847)) throw new Unclear("the type does not fit the stack");
        frame.popLabel(a.ethertype);
        if (!frame.isPlausible) throw new Unclear("the label hid another protocol");
        return true;
      case "dec_ttl": {
        const ttl = frame.get("nw_ttl");
        if (ttl === undefined) return true;
        if (ttl <= 1n) return false;
        frame.set("nw_ttl", ttl - 1n);
        return true;
      }
      case "dec_mpls_ttl": {
        const ttl = frame.get("mpls_ttl");
        if (ttl === undefined) return true;
        if (ttl <= 1n) return false;
        frame.set("mpls_ttl", ttl - 1n);
        return true;
      }
      case "exit":
        packet.over = true;
        return false;
      case "clone": {
        const copy: PlainPacket = {
          frame: frame.copy(),
          meta: new Map(packet.meta),
          stack: [...packet.stack],
          actionSet: [...packet.actionSet],
          over: false,
        };
        this.#run(copy, a.actions);
        // It ends all of it.
        packet.over = copy.over;
        return true;
      }
      case "group":
        this.#group(packet, a.group);
        return true;
      case "write_actions":
        packet.actionSet.push(...a.actions);
        return true;
      case "clear_actions":
        packet.actionSet = [];
        return true;
      case "learn":
        this.#learn(packet, a);
        return true;
      case "ct":
        this.#track(packet, a);
        return true;
    }
  }

  #output({ frame }: PlainPacket, port: number): void {
    if (this.ports.includes(port)) this.#out.push({ port, frame: frame.hex });
  }

  #group(packet: PlainPacket, id: number): void {
    const group = this.groups.get(id);
    if (!group) return;
    if (this.#depth >= MAX_NESTED) throw new Unclear("deep");
    const isLive = (watch: number | undefined): boolean => watch !== undefined && this.ports.includes(watch);
    const buckets = group.type === "ff" ? group.buckets.filter((b) => isLive(b.watchPort)).slice(0, 1) : group.buckets;
    this.#depth++;
    for (const bucket of buckets) {
      const copy: PlainPacket = {
        frame: packet.frame.copy(),
        meta: new Map(packet.meta),
        stack: packet.stack,
        actionSet: packet.actionSet,
        over: false,
      };
      // A bucket is an action set of its own.
      this.#run(copy, actionSetOrder(bucket.actions));
    }
    this.#depth--;
  }

  #runActionSet(packet: PlainPacket): void {
    if (!packet.over) this.#run(packet, actionSetOrder(packet.actionSet));
  }

  #learn(packet: PlainPacket, a: PlainAction & { kind: "learn" }): void {
    const conditions = a.match.map(({ to, from }): Condition => {
      const start = BigInt(to.start);
      return { field: to.field, value: partOf(packet, from) << start, mask: ONES(to.bits) << start };
    });
    const actions: PlainAction[] = [];
    if (a.load) actions.push({ kind: "load", to: a.load.to, value: partOf(packet, a.load.from) });
    if (a.output) actions.push({ kind: "output", port: Number(partOf(packet, a.output)) });
    this.#learned.push({ table: a.table, priority: a.priority, kind: "any", vlan: undefined, conditions, actions });
  }

  /** Connections of UDP only, without translation. */
  #track(packet: PlainPacket, a: PlainAction & { kind: "ct" }): void {
    const { frame } = packet;
    const version = frame.get("ip_src") === undefined ? "ipv6" : "ip";
    const [source, destination] = [frame.get(`${version}_src`), frame.get(`${version}_dst`)];
    const [from, to] = [frame.get("udp_src"), frame.get("udp_dst")];
    if (from === undefined || to === undefined || source === undefined) throw new Unclear("only UDP is tracked");
    const key = `${source}:${from}>${destination}:${to}`;
    const reverse = `${destination}:${to}>${source}:${from}`;
    if (key === reverse) throw new Unclear("a connection with itself");
    let known = this.#connections.find((c) => c.zone === a.zone && (c.key === key || c.reverse === key));
    const isReply = known !== undefined && known.key !== key;
    if (known && isReply) known.replied = true;
    const { New, Established, Reply, Tracked } = CT;
    const state = known?.replied ? Established | (isReply ? Reply : 0) : New;
    if (!known && a.commit) {
      known = { zone: a.zone, key, reverse, replied: false, mark: 0n };
      this.#connections.push(known);
    }
    if (known && a.commit && a.mark !== undefined) known.mark = a.mark;
    if (a.table === undefined) return;
    const copy: PlainPacket = {
      frame: frame.copy(),
      meta: new Map(packet.meta),
      stack: [...packet.stack],
      actionSet: [...packet.actionSet],
      over: false,
    };
    copy.meta.set("ct_state", BigInt(state | Tracked));
    copy.meta.set("ct_zone", BigInt(a.zone));
    copy.meta.set("ct_mark", known?.mark ?? (a.commit ? (a.mark ?? 0n) : 0n));
    this.#table(copy, a.table);
    this.#runActionSet(copy);
  }
}

const CT = { New: 1, Established: 2, Reply: 8, Tracked: 32 } as const;

/** The order in which an action set is done, of those that are written here. */
function actionSetOrder(actions: readonly PlainAction[]): PlainAction[] {
  const last = (wanted: (a: PlainAction) => boolean): PlainAction[] => actions.filter(wanted).slice(-1);
  const fieldNames = [...new Set(actions.flatMap((a) => (a.kind === "set" ? [a.field] : [])))];
  const group = last((a) => a.kind === "group");
  return [
    ...last((a) => a.kind === "pop_vlan"),
    ...last((a) => a.kind === "push_vlan"),
    ...last((a) => a.kind === "dec_ttl"),
    // Later sets of a field come after earlier ones: of whole fields the last one tells.
    ...actions.filter((a) => a.kind === "set" && fieldNames.includes(a.field)),
    ...(group.length > 0
      ? group
      : last((a) => a.kind === "output" || a.kind === "in_port" || a.kind === "all" || a.kind === "flood")),
  ];
}

function pushMpls(frame: PlainFrame, ethertype: number): void {
  if (frame.labels >= 3 || frame.vlans > 0) throw new Unclear("where the label goes");
  const top = frame.get("mpls_label");
  if (top !== undefined) {
    const [tc, ttl] = [frame.get("mpls_tc")!, frame.get("mpls_ttl")!];
    frame.pushLabel(ethertype, Number((top << 12n) | (tc << 9n) | ttl));
    return;
  }
  const dscp = Number(frame.get("ip_dscp") ?? 0n);
  const ttl = Number(frame.get("nw_ttl") ?? 64n);
  const label = frame.type === 0x86dd ? 2 : 0;
  frame.pushLabel(ethertype, ((label << 12) | ((dscp & 7) << 9) | 0x100 | ttl) >>> 0);
}

/** A field's value; 0 of one that the packet does not have. */
function fieldValue(packet: PlainPacket, field: string): bigint {
  return fields.get(field)!.isMetadata ? (packet.meta.get(field) ?? 0n) : (packet.frame.get(field) ?? 0n);
}

function write(packet: PlainPacket, field: string, value: bigint): void {
  if (fields.get(field)!.isMetadata) packet.meta.set(field, value);
  else if (packet.frame.get(field) === undefined) throw new Unclear(`${field} is not there`);
  else if (field === "arp_op" && value === 0n) throw new Unclear("to the switch, operation 0 is no header");
  else packet.frame.set(field, value);
}

function partOf(packet: PlainPacket, { field, start, bits }: Part): bigint {
  if (!fields.get(field)!.isMetadata && packet.frame.get(field) === undefined)
    throw new Unclear(`${field} is not there`);
  return (fieldValue(packet, field) >> BigInt(start)) & ONES(bits);
}

function writePart(packet: PlainPacket, { field, start, bits }: Part, value: bigint): void {
  const mask = ONES(bits) << BigInt(start);
  write(packet, field, (fieldValue(packet, field) & ~mask) | ((value << BigInt(start)) & mask));
}

function matches(packet: PlainPacket, rule: PlainRule): boolean {
  const { frame } = packet;
  const { type, protocol } = packetKinds[rule.kind];
  if (type !== undefined && frame.type !== type) return false;
  if (protocol !== undefined && frame.protocol !== protocol) return false;
  if (rule.vlan !== undefined && frame.vlans > 0 !== (rule.vlan === "yes")) return false;
  return rule.conditions.every(({ field, value, mask }) => {
    if (!fields.get(field)!.isMetadata && frame.get(field) === undefined) return false;
    return (fieldValue(packet, field) & mask) === (value & mask);
  });
}

function sameMatch(a: PlainRule, b: PlainRule): boolean {
  const text = (r: PlainRule): string =>
    JSON.stringify([r.kind, r.vlan, r.conditions.map((c) => `${c.field}=${c.value & c.mask}/${c.mask}`).sort()]);
  return text(a) === text(b);
}
