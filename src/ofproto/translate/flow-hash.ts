import type { FlowKey } from "#flow/key.js";
import { VLAN_PRESENT, W } from "#flow/layout.js";
import { prerequisiteHolds, unwildcardPrerequisite } from "#flow/prerequisites.js";
import type { HashedField } from "#openflow/messages/group/selection.js";
import { EtherType } from "#wire/ethernet.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import type { TranslationContext } from "./context.js";

/** A step of MurmurHash3's 32-bit body. */
function mix(hash: number, data: number): number {
  let k = Math.imul(data, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  let h = hash ^ Math.imul(k, 0x1b873593);
  h = (h << 13) | (h >>> 19);
  return (Math.imul(h, 5) + 0xe6546b64) | 0;
}

/** MurmurHash3's end, after so many bytes. */
function finish(hash: number, bytes: number): number {
  let h = hash ^ bytes;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The hash of a number. */
export function hashNumber(value: number, basis: number): number {
  return finish(mix(mix(0, value), basis), 8);
}

/** A hash of the packet's addresses, VLAN, protocol and ports that is the same in both directions; each of these is looked at. */
export function hashSymmetric(ctx: TranslationContext): number {
  const { flow, mask } = ctx;
  for (let i = 0; i < 3; i++) mask[W.eth + i] = 0xffffffff;
  const vlan = flow[W.vlan0]!;
  if ((vlan & VLAN_PRESENT) !== 0) mask[W.vlan0] = mask[W.vlan0]! | VLAN_PRESENT | 0xfff;
  let hash = mix(0, (flow[W.eth]! >>> 16) ^ (flow[W.eth + 1]! & 0xffff));
  hash = mix(hash, ((flow[W.eth]! << 16) | (flow[W.eth + 1]! >>> 16)) ^ flow[W.eth + 2]!);
  hash = mix(hash, vlan & 0xfff);
  hash = mix(hash, flow[W.ethType]!);
  const isV4 = flow[W.ethType] === EtherType.ipv4;
  const isV6 = flow[W.ethType] === EtherType.ipv6;
  if (!isV4 && !isV6) return finish(hash, 0);
  for (const [from, to, words] of isV4 ? [[W.nwSrc, W.nwDst, 1]] : [[W.ipv6Src, W.ipv6Dst, 4]]) {
    for (let i = 0; i < words!; i++) {
      mask[from! + i] = mask[to! + i] = 0xffffffff;
      hash = mix(hash, flow[from! + i]! ^ flow[to! + i]!);
    }
  }
  mask[W.nw] = mask[W.nw]! | 0xff;
  hash = mix(hash, flow[W.nw]! & 0xff);
  if (isV6 || hasSymmetricPorts(flow)) {
    mask[W.tp] = 0xffffffff;
  }
  if (hasSymmetricPorts(flow)) hash = mix(hash, (flow[W.tp]! >>> 16) ^ (flow[W.tp]! & 0xffff));
  return finish(hash, 0);
}

/** Of UDP the two ports often are of two protocols' making, and so not the same in both directions. */
function hasSymmetricPorts(flow: FlowKey): boolean {
  const protocol = flow[W.nw]! & 0xff;
  return protocol === IpProtocol.tcp || protocol === IpProtocol.sctp;
}

/** A hash of the fields that the packet has; they are looked at, and whether it has them. */
export function hashFields(ctx: TranslationContext, fields: readonly HashedField[], parameter: bigint): number {
  const { flow, mask } = ctx;
  let hash = mix(Number(parameter & 0xffffffffn), Number(parameter >> 32n));
  for (const { field, mask: bits } of fields) {
    unwildcardPrerequisite(mask, field.prerequisite, flow);
    if (!prerequisiteHolds(field.prerequisite, flow)) continue;
    // The field's bits, most significant word first.
    for (let i = 0; i < field.words; i++) {
      const up = 32 * (field.words - 1 - i) - field.shift;
      const word = Number((up >= 0 ? bits >> BigInt(up) : bits << BigInt(-up)) & 0xffffffffn);
      mask[field.word + i] = (mask[field.word + i]! | word) >>> 0;
      hash = mix(hash, flow[field.word + i]! & word);
    }
  }
  return finish(hash, 4 * fields.length);
}
