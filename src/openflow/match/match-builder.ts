import { getField, getFieldBig, setBitsAt, setField, setFieldBig } from "#flow/access.js";
import type { Field } from "#flow/fields/field.js";
import type { FlowKey, FlowMask } from "#flow/key.js";
import { VLAN_PRESENT, W } from "#flow/layout.js";
import { type Match, newMatch } from "#flow/match.js";
import { presenceBit, TLV_SPACE, TlvMap } from "#flow/tlv-map.js";
import type { MaskedValue } from "../field-text.js";

/** What setting tunnel metadata came to: `unmapped` by a map that was given, `twice`, no room for it, or the value is too long. */
type TlvOutcome = "set" | "unmapped" | "twice" | "full" | "long";

/** A match while it is read. */
export class MatchBuilder {
  readonly key: FlowKey;
  readonly mask: FlowMask;
  readonly #given: TlvMap | undefined;
  #own: TlvMap | undefined;

  /** `tlvs`: the bridge's map; without one, tunnel metadata get a place of this match's own. */
  constructor(tlvs?: TlvMap) {
    this.#given = tlvs;
    const { key, mask } = newMatch();
    this.key = key;
    this.mask = mask;
  }

  /** The map that places the tunnel metadata there are so far. */
  get tlvs(): TlvMap | undefined {
    return this.#given ?? this.#own;
  }

  /** The match; the builder is not to be used afterwards. */
  done(): Match {
    const { key, mask, tlvs } = this;
    const hasTlvs = (mask[W.tunMetadataPresent]! | mask[W.tunMetadataPresent + 1]!) !== 0;
    return hasTlvs && tlvs !== undefined ? { key, mask, tlvs } : { key, mask };
  }

  /** Sets a field of at most 32 bits, or these bits of it, instead of what was there. */
  setBits(f: Field, value: number, mask: number): void {
    setBitsAt(this.key, f, 0, f.bits, value & mask);
    setBitsAt(this.mask, f, 0, f.bits, mask);
  }

  /** Sets the input port: 16 bits, whichever of its fields it was given by. */
  setInPort(port: number): void {
    this.key[W.inPort] = port;
    this.mask[W.inPort] = 0xffff;
  }

  /** Sets bits of the outermost VLAN header's TCI. */
  setTci(tci: number, bits: number): void {
    this.key[W.vlan0] = (this.key[W.vlan0]! & ~bits) | (tci & bits);
    this.mask[W.vlan0] = this.mask[W.vlan0]! | bits;
  }

  /** Adds bits to a field of any width, and leaves the others. */
  merge(f: Field, { value, mask }: MaskedValue): void {
    setFieldBig(this.key, f, (getFieldBig(this.key, f) & ~mask) | value);
    setFieldBig(this.mask, f, getFieldBig(this.mask, f) | mask);
  }

  /** Sets a field, with what it means beside its own bits: VLAN fields, and all of the IP TOS byte meaning its DSCP part. */
  set(f: Field, { value, mask }: MaskedValue): void {
    switch (f.name) {
      case "dl_vlan":
        this.setVlan10(Number(value), mask !== 0n);
        return;
      case "vlan_vid":
        this.setTci(Number(value), Number(mask) & (0xfff | VLAN_PRESENT));
        return;
      case "vlan_pcp":
      case "dl_vlan_pcp":
        if (mask !== 0n) this.setPcp(Number(value));
        return;
      case "nw_tos":
        this.setTos(Number(value), Number(mask));
        return;
      case "in_port_oxm":
        if (mask !== 0n) this.setInPort(Number(value));
        return;
      default:
        setFieldBig(this.key, f, value & mask);
        setFieldBig(this.mask, f, mask);
    }
  }

  /** OpenFlow 1.0's VLAN ID, of which 0xffff is a packet without a header. */
  setVlan10(vlan: number, matters: boolean): void {
    if (!matters) return;
    if (vlan === 0xffff) this.setTci(0, 0xffff);
    else this.setTci((vlan & 0xfff) | VLAN_PRESENT, 0xfff | VLAN_PRESENT);
  }

  setPcp(pcp: number): void {
    this.setTci(((pcp & 7) << 13) | VLAN_PRESENT, 0xe000 | VLAN_PRESENT);
  }

  setTos(tos: number, mask: number): void {
    const bits = (mask & 0xfc) << 16;
    this.key[W.nw] = (this.key[W.nw]! & ~0xfc0000) | ((tos << 16) & bits);
    this.mask[W.nw] = (this.mask[W.nw]! & ~0xfc0000) | bits;
  }

  /** Sets tun_metadata<index>: it is there, and has these bits. `length` is how many bytes the value was given in. */
  setTunMetadata(index: number, { value, mask }: MaskedValue, length: number, masked: boolean): TlvOutcome {
    const bit = presenceBit(index);
    if (getField(this.mask, bit) !== 0) return "twice";
    let place = this.#given?.field(index);
    if (this.#given === undefined) {
      const own = (this.#own ?? TlvMap.empty).withUnmapped(index, length, masked);
      if (own === undefined || own.used > TLV_SPACE) return "full";
      this.#own = own;
      place = own.field(index)!;
    }
    if (place === undefined) return "unmapped";
    const ones = (1n << BigInt(place.bits)) - 1n;
    if (value > ones) return "long";
    setField(this.key, bit, 1);
    setField(this.mask, bit, 1);
    const bits = masked ? mask & ones : ones;
    setFieldBig(this.key, place, value & bits);
    setFieldBig(this.mask, place, bits);
    return "set";
  }
}
