import type { FlowKey } from "#flow/key.js";
import { KEY_WORDS, W } from "#flow/layout.js";
import { formatIpv4 } from "#util/ip.js";
import { EtherType } from "#wire/ethernet.js";

const ALL = 0xffffffff;
const TTL = 0xff00;

/**
 * The text of a `set` of whole addresses, or of a TTL: what nearly all are, and quicker than any. Undefined where more is changed, or parts only. `ethType` is the packet's.
 */
export function formatPlainSet(value: FlowKey, mask: FlowKey, ethType: number): string | undefined {
  let first = 0;
  while (first < KEY_WORDS && mask[first] === 0) first++;
  let last = KEY_WORDS - 1;
  while (last > first && mask[last] === 0) last--;
  if (first >= W.eth && last < W.eth + 3) return ethernet(value, mask);
  if (ethType === EtherType.ipv4 && first >= W.nwSrc && last <= W.nw) return ipv4(value, mask);
  return undefined;
}

function ethernet(value: FlowKey, mask: FlowKey): string | undefined {
  const [m0, m1, m2] = [mask[W.eth]!, mask[W.eth + 1]!, mask[W.eth + 2]!];
  const [v0, v1, v2] = [value[W.eth]!, value[W.eth + 1]!, value[W.eth + 2]!];
  const isSource = (m1 & 0xffff) === 0xffff && m2 === ALL;
  const isDestination = m0 === ALL && m1 >>> 16 === 0xffff;
  if ((!isSource && ((m1 & 0xffff) | m2) !== 0) || (!isDestination && (m0 | (m1 >>> 16)) !== 0)) return undefined;
  const source = isSource ? `src=${mac(v1 & 0xffff, v2 >>> 16, v2 & 0xffff)}` : "";
  const destination = isDestination ? `dst=${mac(v0 >>> 16, v0 & 0xffff, v1 >>> 16)}` : "";
  return `eth(${source}${isSource && isDestination ? "," : ""}${destination})`;
}

function ipv4(value: FlowKey, mask: FlowKey): string | undefined {
  for (let w = W.nwDst + 1; w < W.nw; w++) if (mask[w] !== 0) return undefined;
  const parts: string[] = [];
  for (const [word, name] of addresses) {
    if (mask[word] === ALL) parts.push(`${name}=${formatIpv4(value[word]!)}`);
    else if (mask[word] !== 0) return undefined;
  }
  if (mask[W.nw] === TTL) parts.push(`ttl=${(value[W.nw]! >>> 8) & 0xff}`);
  else if (mask[W.nw] !== 0) return undefined;
  return `ipv4(${parts.join(",")})`;
}

const addresses = [
  [W.nwSrc, "src"],
  [W.nwDst, "dst"],
] as const;

const octets: readonly string[] = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));

/** An address from three times 16 bits. */
function mac(a: number, b: number, c: number): string {
  const pair = (n: number): string => `${octets[n >>> 8]}:${octets[n & 0xff]}`;
  return `${pair(a)}:${pair(b)}:${pair(c)}`;
}
