/** A 32-bit address as dotted quad. */
export function formatIpv4(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** Reads a dotted quad of four decimal numbers, strictly; undefined where it is none. */
export function parseIpv4(text: string): number | undefined {
  let value = 0;
  let part = 0;
  let digits = 0;
  let parts = 0;
  for (let i = 0; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : DOT;
    if (code === DOT) {
      if (digits === 0 || digits > 3 || part > 255 || ++parts > 4) return undefined;
      value = value * 256 + part;
      part = digits = 0;
    } else {
      if (code < 0x30 || code > 0x39) return undefined;
      part = part * 10 + code - 0x30;
      digits++;
    }
  }
  return parts === 4 ? value : undefined;
}

const DOT = 0x2e;

/** The groups of the address that is being written. */
const groups = new Uint16Array(8);

/** Four 32-bit words, most significant first, as inet_ntop(3) writes an IPv6 address. */
export function formatIpv6(w0: number, w1: number, w2: number, w3: number): string {
  groups[0] = w0 >>> 16;
  groups[1] = w0;
  groups[2] = w1 >>> 16;
  groups[3] = w1;
  groups[4] = w2 >>> 16;
  groups[5] = w2;
  groups[6] = w3 >>> 16;
  groups[7] = w3;
  let best = 8;
  let bestLength = 1;
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && groups[i + n] === 0) n++;
    if (n > bestLength) {
      best = i;
      bestLength = n;
    }
    if (n > 0) i += n;
  }
  const embedsIpv4 = best === 0 && (bestLength === 6 || (bestLength === 5 && groups[5] === 0xffff));
  if (embedsIpv4) return `::${bestLength === 5 ? "ffff:" : ""}${formatIpv4(w3)}`;
  const head = groupsText(0, best);
  return best === 8 ? head : `${head}::${groupsText(best + bestLength, 8)}`;
}

/** Some of the groups with colons between. */
function groupsText(from: number, to: number): string {
  if (from === to) return "";
  let text = groups[from]!.toString(16);
  for (let i = from + 1; i < to; i++) text += `:${groups[i]!.toString(16)}`;
  return text;
}

/** Reads an IPv6 address in any form of RFC 4291, 2.2, as four words; undefined where it is none. No zone is taken. */
export function parseIpv6(text: string): [number, number, number, number] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => (half === "" ? [] : groupsOf(half)));
  if (head === undefined) return undefined;
  if (halves.length === 1) return head.length === 8 ? words(head) : undefined;
  if (tail === undefined || head.length + tail.length > 7) return undefined;
  if (halves[0]!.includes(".")) return undefined;
  return words([...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail]);
}

function groupsOf(half: string): number[] | undefined {
  const groups: number[] = [];
  const parts = half.split(":");
  for (const [i, part] of parts.entries()) {
    if (part.includes(".")) {
      const v4 = i === parts.length - 1 ? parseIpv4(part) : undefined;
      if (v4 === undefined) return undefined;
      groups.push(v4 >>> 16, v4 & 0xffff);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups;
}

function words(g: readonly number[]): [number, number, number, number] {
  return [0, 2, 4, 6].map((i) => g[i]! * 0x10000 + g[i + 1]!) as [number, number, number, number];
}

/** The length of a contiguous prefix mask given as words, or undefined where the ones are not all on the left. */
export function prefixLength(words: readonly number[]): number | undefined {
  let length = 0;
  let ended = false;
  for (const w of words) {
    const ones = Math.clz32(~w);
    if (ended ? w !== 0 : ones < 32 && w << ones !== 0) return undefined;
    length += ended ? 0 : ones;
    ended ||= ones < 32;
  }
  return length;
}
