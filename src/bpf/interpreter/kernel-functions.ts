import type { SkbPlaces } from "../capture-program.js";
import { vlanTagFunction } from "../xdp-program.js";
import { dynptrAt, dynptrBytes, putDynptr } from "./dynptr.js";
import { errno } from "./interpreted-map.js";
import type { Callee } from "./machine.js";
import { Skb } from "./skb.js";
import { XdpFrame } from "./xdp-frame.js";

const ENODATA = 61;
const CHECKSUM_PARTIAL = 3;
/** Where a packet's buffer is taken to begin, and the bytes before its frame: as many as the kernel's test runs have. */
const HEAD = 0xffff_8880_0000_0000n;
const HEADROOM = 64;
/** Where a packet's transport header is as long as nobody has said. */
const NOT_SET = 0xffff;

/** What struct sk_buff holds of a packet, where `places` say. */
function kernelSkb(skb: Skb, places: SkbPlaces): Uint8Array {
  const { csumStart, csumOffset, data, head, networkHeader, transportHeader, ipSummed, encapsulation } = places;
  const size =
    Math.max(csumStart, csumOffset, data, head, networkHeader, transportHeader, ipSummed.byte, encapsulation.byte) + 8;
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  if (skb.checksum.state === CHECKSUM_PARTIAL) {
    view.setUint16(csumStart, skb.checksum.start + HEADROOM, true);
    view.setUint16(csumOffset, skb.checksum.offset, true);
  }
  const { networkOffset, transportOffset } = skb;
  view.setUint16(networkHeader, networkOffset + HEADROOM, true);
  view.setUint16(transportHeader, transportOffset === undefined ? NOT_SET : transportOffset + HEADROOM, true);
  view.setBigUint64(head, HEAD, true);
  view.setBigUint64(data, HEAD + BigInt(HEADROOM), true);
  bytes[ipSummed.byte]! |= skb.checksum.state << ipSummed.bit;
  if (skb.isEncapsulated) bytes[encapsulation.byte]! |= 1 << encapsulation.bit;
  return bytes;
}

const copy: Callee = (machine) => {
  const [to, from] = [dynptrAt(machine, machine.argument(1)), dynptrAt(machine, machine.argument(3))];
  const [toAt, fromAt, size] = [machine.argument32(2), machine.argument32(4), machine.argument32(5)];
  if (!to.bytes || !from.bytes || !to.isWritable) return BigInt(-errno.EINVAL);
  const [target, source] = [dynptrBytes(to, toAt, size), dynptrBytes(from, fromAt, size)];
  if (!target || !source) return BigInt(-errno.E2BIG);
  target.set(source);
  return 0n;
};

/** The kernel functions that are interpreted, by name: for `MachineSettings.kernelFunctions`. `places` is where struct sk_buff keeps things. */
export function kernelFunctions(places: SkbPlaces): Readonly<Record<string, Callee>> {
  return {
    bpf_cast_to_kern_ctx: (machine) => {
      const skb = machine.context(Skb);
      return skb.add("sk_buff", kernelSkb(skb, places));
    },
    bpf_dynptr_from_skb: (machine) => {
      const skb = machine.context(Skb);
      if (machine.argument(2) !== 0n) return BigInt(-errno.EINVAL);
      putDynptr(machine, machine.argument(3), { bytes: () => skb.bytes, isWritable: true });
      return 0n;
    },
    bpf_dynptr_copy: copy,
    [vlanTagFunction]: (machine) => {
      const { tag } = machine.context(XdpFrame);
      if (!tag) return BigInt(-ENODATA);
      machine.memory.store(machine.argument(2), 2, BigInt(((tag.tpid & 0xff) << 8) | (tag.tpid >> 8)));
      machine.memory.store(machine.argument(3), 2, BigInt(tag.tci));
      return 0n;
    },
  };
}
