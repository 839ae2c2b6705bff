import { TICKS } from "./connection-layout.js";

/** What a connection is in, for how long it is remembered: positions in a policy. */
export const Timeout = {
  tcpFirst: 0,
  tcpOpening: 1,
  tcpEstablished: 2,
  tcpClosing: 3,
  tcpFinWait: 4,
  tcpClosed: 5,
  udpFirst: 6,
  udpSingle: 7,
  udpMultiple: 8,
  icmpFirst: 9,
  icmpReply: 10,
  otherFirst: 11,
  otherSingle: 12,
  otherMultiple: 13,
} as const;

const DEFAULTS: readonly number[] = [30, 30, 86400, 900, 45, 30, 60, 60, 30, 60, 30, 60, 60, 30];

/** Names in CT_Timeout_Policy:timeouts of what this engine tells apart. */
const NAMES: ReadonlyMap<string, number> = new Map([
  ["tcp_syn_sent", Timeout.tcpFirst],
  ["tcp_syn_recv", Timeout.tcpOpening],
  ["tcp_established", Timeout.tcpEstablished],
  ["tcp_fin_wait", Timeout.tcpClosing],
  ["tcp_time_wait", Timeout.tcpFinWait],
  ["tcp_close", Timeout.tcpClosed],
  ["udp_first", Timeout.udpFirst],
  ["udp_single", Timeout.udpSingle],
  ["udp_multiple", Timeout.udpMultiple],
  ["icmp_first", Timeout.icmpFirst],
  ["icmp_reply", Timeout.icmpReply],
]);

const MOST_POLICIES = 0xffff;

/** Timeout policies by name and by number; number 0 is what holds without one. */
export class TimeoutPolicies {
  readonly #numbers = new Map<string, number>();
  readonly #policies: Float64Array[] = [policyOf(new Map())];
  readonly #free: number[] = [];

  /** Ticks that a connection of the policy is remembered. */
  ticks(policy: number, timeout: number): number {
    return (this.#policies[policy] ?? this.#policies[0]!)[timeout]!;
  }

  /** The number of a policy; 0 where there is none of the name. */
  number(name: string): number {
    return this.#numbers.get(name) ?? 0;
  }

  /** Makes or changes a policy: seconds by name. Connections that have it follow with their next packet. */
  set(name: string, seconds: ReadonlyMap<string, number>): void {
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.#free.pop() ?? Math.min(this.#policies.length, MOST_POLICIES);
      this.#numbers.set(name, number);
    }
    this.#policies[number] = policyOf(seconds);
  }

  /** Connections that have it go on with the usual timeouts. */
  delete(name: string): void {
    const number = this.#numbers.get(name);
    if (number === undefined) return;
    this.#numbers.delete(name);
    this.#policies[number] = this.#policies[0]!;
    this.#free.push(number);
  }
}

function policyOf(seconds: ReadonlyMap<string, number>): Float64Array {
  const policy = Float64Array.from(DEFAULTS, (s) => s * TICKS);
  // Beyond 200 days the ticks' arithmetic would not hold.
  for (const [name, value] of seconds) {
    const timeout = NAMES.get(name);
    if (timeout !== undefined) policy[timeout] = Math.min(value, 200 * 86400) * TICKS;
  }
  return policy;
}
