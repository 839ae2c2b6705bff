import { type Ip, icmp, ipv4, ipv6, tcp, udp } from "../../support/ip-frames.js";
import { seededNumbers } from "../../support/seeded-numbers.js";
import { c, type KernelScenario, plain, type Sent, s, translating } from "./kernel-scenario.js";

const STEPS = 150;
const CLIENT = 1;
const SERVER = 2;
const NATTED = 9;

type Next = (below: number) => number;

/** A segment on its way. */
interface Segment {
  readonly flags: string;
  readonly at: number;
  readonly end: number;
  readonly acknowledgment: number;
  readonly window: number;
  readonly scale: number | undefined;
}

/** One end of a connection, which does what TCP wants. Numbers count from its own SYN. */
class End {
  readonly first: number;
  readonly scale: number | undefined;
  sent = 0;
  acknowledged = 0;
  received = 0;
  peerWindow = 1;
  hasFinished = false;
  heardFin = false;
  readonly onTheWay: Segment[] = [];

  constructor(first: number, scale: number | undefined) {
    this.first = first;
    this.scale = scale;
  }
}

/** A connection between two well-behaved ends over a network that loses, copies and reorders. */
class Conversation {
  readonly #next: Next;
  readonly #ip: Ip;
  readonly #seen: number;
  readonly #port: number;
  #ends: [End, End];

  constructor(next: Next, ip: Ip, seen: number, port: number) {
    this.#next = next;
    this.#ip = ip;
    this.#seen = seen;
    this.#port = port;
    this.#ends = this.#begin([0, 0]);
  }

  #begin(after: readonly [number, number]): [End, End] {
    const scale = (): number | undefined => [undefined, 0, 2, 7][this.#next(4)];
    const ends = [0, 1].map((i) => new End((after[i]! + 200_000 + this.#next(1 << 20)) >>> 0, scale()));
    return ends as [End, End];
  }

  /** Something happens; gives what comes past the tracker. */
  step(): Sent | undefined {
    const side = this.#next(2) as 0 | 1;
    const me = this.#ends[side];
    if (me.onTheWay.length === 0 || this.#next(3) === 0) this.#send(side);
    if (me.onTheWay.length === 0) return undefined;
    const which = this.#next(5) === 0 ? this.#next(me.onTheWay.length) : 0;
    const segment = me.onTheWay[which]!;
    if (this.#next(12) !== 0) me.onTheWay.splice(which, 1);
    const fate = this.#next(20);
    if (fate === 0) return undefined;
    if (fate !== 1) this.#arrive(side, segment);
    return this.#frame(side, segment);
  }

  #send(side: 0 | 1): void {
    const me = this.#ends[side];
    const other = this.#ends[1 - side]!;
    const isBegun = me.sent > 0;
    if (!isBegun) {
      if (side === 1 && me.received === 0) return;
      this.#put(side, side === 0 ? "S" : "SA", 0, 1);
      me.sent = 1;
      return;
    }
    if (me.acknowledged === 0) {
      if (me.onTheWay.length === 0) this.#put(side, side === 0 ? "S" : "SA", 0, 1);
      return;
    }
    if (me.hasFinished && me.heardFin && me.acknowledged === me.sent && other.acknowledged === other.sent) {
      if (other.hasFinished && me.onTheWay.length + other.onTheWay.length === 0 && this.#next(3) === 0) {
        this.#ends = this.#begin([(me.first + me.sent) >>> 0, (other.first + other.sent) >>> 0]);
        return;
      }
    }
    const size = 1 + this.#next(1400);
    const room = me.acknowledged + me.peerWindow - me.sent;
    const what = this.#next(12);
    if (what < 6 && !me.hasFinished && room >= size) {
      this.#put(side, "PA", me.sent, me.sent + size);
      me.sent += size;
    } else if (what === 6 && me.acknowledged < me.sent && !me.hasFinished) {
      this.#put(side, "PA", me.acknowledged, Math.min(me.acknowledged + size, me.sent));
    } else if (what === 6 && me.hasFinished && me.acknowledged < me.sent) this.#put(side, "FA", me.sent - 1, me.sent);
    else if (what === 7 && !me.hasFinished && me.acknowledged === me.sent)
      this.#put(side, "A", me.sent - 1, me.sent - 1);
    else if (what === 8 && !me.hasFinished && me.acknowledged === me.sent && this.#next(2) === 0) {
      this.#put(side, "FA", me.sent, me.sent + 1);
      me.sent++;
      me.hasFinished = true;
    } else this.#put(side, "A", me.sent, me.sent);
  }

  #put(side: 0 | 1, flags: string, at: number, end: number): void {
    const me = this.#ends[side];
    const bothScale = this.#ends.every((e) => e.scale !== undefined) && !flags.includes("S");
    const window = 20_000 >>> (bothScale ? me.scale! : 0);
    const scale = flags.includes("S") && (side === 0 || this.#ends[0].scale !== undefined) ? me.scale : undefined;
    me.onTheWay.push({ flags, at, end, acknowledgment: me.received, window, scale });
  }

  #arrive(side: 0 | 1, segment: Segment): void {
    const me = this.#ends[side];
    const other = this.#ends[1 - side]!;
    if (segment.at <= other.received && segment.end > other.received) {
      other.received = segment.end;
      if (segment.flags.includes("F")) other.heardFin = true;
    }
    if (segment.flags.includes("A") && segment.acknowledgment > other.acknowledged) {
      other.acknowledged = Math.min(segment.acknowledgment, other.sent);
    }
    const bothScale = this.#ends.every((e) => e.scale !== undefined) && !segment.flags.includes("S");
    other.peerWindow = segment.window << (bothScale ? me.scale! : 0);
  }

  #frame(side: 0 | 1, { flags, at, end, acknowledgment, window, scale }: Segment): Sent {
    const me = this.#ends[side];
    const other = this.#ends[1 - side]!;
    const size = end - at - (/[SF]/.test(flags) ? 1 : 0);
    const numbers = {
      sequence: (me.first + at) >>> 0,
      acknowledgment: flags.includes("A") ? (other.first + acknowledgment) >>> 0 : 0,
      window,
      data: "x".repeat(Math.max(size, 0)),
      ...(scale === undefined ? {} : { scale }),
    };
    if (side === 0) return c(tcp(this.#ip, CLIENT, SERVER, [this.#port, 80], flags, numbers));
    return s(tcp(this.#ip, SERVER, this.#seen, [80, this.#port], flags, numbers));
  }
}

/**
 * Datagrams and pings of some ports and identifiers, there and back. Where there is a translation the server only answers: what it began would take the port from
 * the client, and which one this then gets is everybody's own choice.
 */
function datagram(next: Next, ip: Ip, seen: number, asked: Set<number>): Sent {
  const [port, body] = [3000 + next(4), new Uint8Array(1 + next(64)).fill(next(256))];
  if (next(2) === 0) {
    if (next(2) === 0 || (seen === NATTED && !asked.has(port))) {
      asked.add(port);
      return c(udp(ip, CLIENT, SERVER, [port, 53], body));
    }
    return s(udp(ip, SERVER, seen, [53, port], body));
  }
  const [request, reply] = ip === ipv4 ? [8, 0] : [128, 129];
  if (next(2) === 0) return c(icmp(ip, CLIENT, SERVER, request, 0, (port << 16) | next(9), body));
  return s(icmp(ip, SERVER, seen, reply, 0, (port << 16) | next(9), body));
}

/** Some connections at once, by seed: half of the seeds translated, half over IPv6. */
export function randomTalk(seed: number): KernelScenario {
  const next = seededNumbers(seed);
  const isIpv6 = (seed & 1) === 1;
  const isTranslated = (seed & 2) !== 0;
  const ip = isIpv6 ? ipv6 : ipv4;
  const seen = isTranslated ? NATTED : CLIENT;
  const family = isIpv6 ? "ip6" : "ip";
  const prefix = isIpv6 ? "fc00::" : "10.0.0.";
  const rules = isTranslated
    ? translating(`src=${prefix}9`, `${family} saddr ${prefix}1 snat ${family} to ${prefix}9`)
    : { ours: plain };
  const talks = [4000, 4001, 4002].map((port) => new Conversation(next, ip, seen, port));
  const steps: Sent[] = [];
  const asked = new Set<number>();
  while (steps.length < STEPS) {
    const sent = next(8) === 0 ? datagram(next, ip, seen, asked) : talks[next(talks.length)]!.step();
    if (sent !== undefined) steps.push(sent);
  }
  return { name: `random talk ${seed}`, ...rules, steps };
}
