import type { CtNat } from "#datapath/actions.js";
import { getFieldBytes, setFieldBytes } from "#flow/access.js";
import { field } from "#flow/fields/table.js";
import { type FlowKey, newKey } from "#flow/key.js";
import { CtState, W } from "#flow/layout.js";
import { u32 } from "#util/big-endian.js";
import { UserError } from "#util/errors.js";
import { formatIpv4, formatIpv6 } from "#util/ip.js";
import { EtherType } from "#wire/ethernet.js";
import type { Recirculated } from "../translate/context.js";

const names = Object.entries(CtState).sort(([, a], [, b]) => a - b);

/** Names of the states that a packet's connection may be in, as `ofproto/trace` has them. */
export function formatCtStates(state: number): string {
  return (
    names
      .filter(([, bit]) => (state & bit) !== 0)
      .map(([name]) => name)
      .join("|") || "0"
  );
}

/** Reads the argument of `--ct-next`: names with commas between. Throws `UserError` for states that no packet has. */
export function parseCtStates(text: string): number {
  let state = 0;
  for (const word of text.split(/[, ]+/).filter((w) => w !== "")) {
    const bit = names.find(([name]) => name === word)?.[1];
    if (bit === undefined) throw new UserError(`${word}: unknown connection tracking state flag`);
    state |= bit;
  }
  const wrong = faults(state).map((fault) => `${formatCtStates(state)}: invalid connection state: ${fault}`);
  if (wrong.length > 0) throw new UserError(wrong.join("\n"));
  return state;
}

function faults(state: number): string[] {
  const has = (bit: number): boolean => (state & bit) !== 0;
  const both = (a: number, b: number): boolean => has(a) && has(b);
  const { trk, inv, new: fresh, est, rpl } = CtState;
  if (state !== 0 && !has(trk)) {
    const first = 'If "trk" is unset, no other flags are set';
    return both(fresh, est) ? [first, '"new" and "est" are mutually exclusive'] : [first];
  }
  if (has(inv) && (state & ~(trk | inv)) !== 0) return ['when "inv" is set, only "trk" may also be set'];
  return [
    ...(both(fresh, est) ? ['"new" and "est" are mutually exclusive'] : []),
    ...(both(fresh, rpl) ? ['"new" and "rpy" are mutually exclusive'] : []),
  ];
}

/** How a trace goes on after connection tracking. */
export interface Resumed {
  /** What stands between the rules, without line ends around. */
  readonly title: string;
  readonly key: FlowKey;
}

const DEFAULT_STATE: number = CtState.trk | CtState.new;

/** The packet as it comes back; `state` is what `--ct-next` says, undefined where it says nothing. */
export function resumed({ id, flow, zone, nat }: Recirculated, state: number | undefined): Resumed {
  const key = newKey();
  key.set(flow);
  key[W.recircId] = id;
  key[W.ctState] = state ?? DEFAULT_STATE;
  key[W.ctZone] = zone;
  const how =
    state === undefined ? "default ct_state=trk|new (use --ct-next to customize)" : `ct_state=${formatCtStates(state)}`;
  const title = `recirc(0x${id.toString(16)}) - resume conntrack with ${how}`;
  return { title: nat === undefined ? title : `${title}\n${translateAddresses(key, nat)}`, key };
}

/** Changes a packet as NAT would, by the first address and port of its range. Gives the lines that say so. */
function translateAddresses(key: FlowKey, { side, addresses, ports }: CtNat): string {
  const before = formatAddresses(key);
  if (side !== "" && addresses !== undefined) {
    const isIpv6 = addresses.first.length > 4;
    setFieldBytes(key, field(`${isIpv6 ? "ipv6" : "ip"}_${side}`), addresses.first);
  }
  if (side !== "" && ports !== undefined) {
    key[W.tp] =
      side === "src"
        ? ((ports.first << 16) | (key[W.tp]! & 0xffff)) >>> 0
        : ((key[W.tp]! & 0xffff0000) | ports.first) >>> 0;
  }
  const [initial, modified] = side === "" ? ["", ""] : [before, formatAddresses(key)];
  return `Replacing src/dst IP/ports to simulate NAT:\n Initial flow: ${initial}\n Modified flow: ${modified}`;
}

function formatAddresses(key: FlowKey): string {
  const isIpv6 = key[W.ethType] === EtherType.ipv6;
  const address = (side: "src" | "dst"): string => {
    const bytes = getFieldBytes(key, field(`${isIpv6 ? "ipv6" : "ip"}_${side}`));
    if (!isIpv6) return `nw_${side}=${formatIpv4(u32(bytes, 0))}`;
    return `ipv6_${side}=[${formatIpv6(u32(bytes, 0), u32(bytes, 4), u32(bytes, 8), u32(bytes, 12))}]`;
  };
  return `${address("src")},tp_src=${key[W.tp]! >>> 16},${address("dst")},tp_dst=${key[W.tp]! & 0xffff}`;
}
