import { type Bits, clearField, getField, readFieldBytes, setField, setFieldBytes } from "./access.js";
import type { FlowKey } from "./key.js";
import { presenceBit, type TlvMap } from "./tlv-map.js";

/** An option of a Geneve header. */
export interface TunnelOption {
  /** 16 bits. */
  readonly class: number;
  /** 8 bits, the critical bit (0x80) included. */
  readonly type: number;
  readonly value: Uint8Array;
}

/** Of an option's type: who does not know the option drops the packet. */
const CRITICAL = 0x80;

/**
 * Sets the tunnel metadata of a key from a packet's options. False where the packet must be dropped: an option that is not mapped is critical, or a
 * mapped one has not its length. Options that are not mapped are passed over.
 */
export function setTunnelOptions(key: FlowKey, map: TlvMap, options: readonly TunnelOption[]): boolean {
  for (const { class: cls, type, value } of options) {
    const mapping = map.option(cls, type);
    if (mapping === undefined) {
      if ((type & CRITICAL) !== 0) return false;
      continue;
    }
    if (value.length !== mapping.length) return false;
    setField(key, presenceBit(mapping.index), 1);
    setFieldBytes(key, map.field(mapping.index)!, value);
  }
  return true;
}

/** The options that a key's tunnel metadata are, by field: what goes into a packet's header. */
export function tunnelOptions(key: FlowKey, map: TlvMap): TunnelOption[] {
  return map.mappings
    .filter((m) => getField(key, presenceBit(m.index)) !== 0)
    .map((m) => {
      const value = new Uint8Array(m.length);
      readFieldBytes(key, map.field(m.index)!, value);
      return { class: m.class, type: m.type, value };
    });
}

/** Takes tun_metadata<index> from a key: `delete_field`. */
export function clearTunnelMetadata(key: FlowKey, map: TlvMap, index: number): void {
  const f: Bits | undefined = map.field(index);
  if (f === undefined) return;
  clearField(key, f);
  clearField(key, presenceBit(index));
}
