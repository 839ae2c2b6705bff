import { put16 } from "#util/big-endian.js";
import { checksum } from "#wire/checksum.js";
import type { Random } from "./random.js";
import { outerIp, randomFrame } from "./random-packets.js";

const half = (n: number): number[] => [(n >>> 8) & 255, n & 255];
const word = (n: number): number[] => [...half(n >>> 16), ...half(n)];

/** A frame that came through a tunnel, and the name of the port that its headers are for. */
export interface Tunnelled {
  readonly frame: Uint8Array;
  readonly port: string;
}

const [UDP, GRE] = [17, 47];

/** An inner packet and what names it: an Ethernet frame, or the IP packet in one. */
function inner(r: Random): { readonly type: number; readonly bytes: Uint8Array } {
  const frame = randomFrame(r);
  const type = (frame[12]! << 8) | frame[13]!;
  if (!r.once(4) || (type !== 0x0800 && type !== 0x86dd)) return { type: 0x6558, bytes: frame };
  return { type, bytes: frame.subarray(14) };
}

function gre(r: Random, type: number, bytes: Uint8Array): Uint8Array {
  const flags = r.pick([0, 0x2000, 0x8000, 0xb000, 0x3000, 0xa000]);
  const optional = [
    ...(flags & 0x8000 ? [0, 0, 0, 0] : []),
    ...(flags & 0x2000 ? word(r.pick([0, 7, 0xabcdef01])) : []),
    ...(flags & 0x1000 ? word(r.int(1000)) : []),
  ];
  const b = Uint8Array.from([...half(flags), ...half(type), ...optional, ...bytes]);
  if ((flags & 0x8000) !== 0) put16(b, 4, checksum(b, 0, b.length));
  return b;
}

function erspan(r: Random, bytes: Uint8Array): Uint8Array {
  const version = 1 + r.int(2);
  const start = [0x10, 0, ...half(version === 1 ? 0x88be : 0x22eb), ...word(r.int(100))];
  const base = word(((version << 28) | r.pick([0, 5, 1023])) >>> 0);
  const last =
    version === 1 ? word(r.int(1 << 20)) : [...word(r.int(1 << 30)), 0, 0, ...half(r.int(64) * 16 + r.int(2) * 8)];
  return Uint8Array.from([...start, ...base, ...last, ...bytes]);
}

function geneve(r: Random, type: number, bytes: Uint8Array): number[] {
  const option = (): number[] => {
    const words = r.int(4);
    return [...half(r.pick([0x102, 0xffff])), r.pick([0, 1, 0x80]), words, ...r.bytes(4 * words)];
  };
  const options = Array.from({ length: r.pick([0, 0, 1, 3]) }, option).flat();
  return [
    options.length / 4,
    r.pick([0, 0, 0x80, 0x40]),
    ...half(type),
    ...word(r.pick([0, 0x7b00, 0xffffff00])),
    ...options,
    ...bytes,
  ];
}

function overUdp(r: Random, port: number, payload: readonly number[]): Uint8Array {
  return Uint8Array.from([...half(r.int(65536)), ...half(port), ...half(8 + payload.length), 0, 0, ...payload]);
}

/** A frame with outer headers, now and then spoilt. Not of GTP-U: no flow the installed switch is given matches what comes out of that. */
export function tunnelledFrame(r: Random): Tunnelled {
  const isIpv6 = r.once(3);
  const { type, bytes } = inner(r);
  const whole = type === 0x6558 ? bytes : randomFrame(r);
  const [port, protocol, payload] = ((): readonly [string, number, Uint8Array] => {
    switch (r.int(4)) {
      case 0:
        return [
          "vxlan_sys_4789",
          UDP,
          overUdp(r, 4789, [8, 0, 0, 0, ...word(r.pick([0, 0x7b00, 0xffffff00])), ...whole]),
        ];
      case 1:
        return ["genev_sys_6081", UDP, overUdp(r, 6081, geneve(r, type, bytes))];
      case 2:
        return [r.pick(["gre_sys", "ip6gre_sys"]), GRE, gre(r, type, bytes)];
      default:
        return [r.pick(["erspan_sys", "ip6erspan_sys"]), GRE, erspan(r, whole)];
    }
  })();
  const ip = outerIp(r, isIpv6, protocol, payload, protocol === UDP && !r.once(3));
  const frame = Uint8Array.from([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, ...half(isIpv6 ? 0x86dd : 0x0800), ...ip]);
  if (r.once(10)) frame[14 + r.int(Math.min(frame.length - 14, 70))] = r.int(256);
  else if (r.once(20)) return { port, frame: frame.subarray(0, Math.max(34, r.int(frame.length))) };
  return { port, frame };
}
