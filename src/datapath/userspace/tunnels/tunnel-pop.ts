import type { FlowKey } from "#flow/key.js";
import { TunnelFlag, W } from "#flow/layout.js";
import { foldSum } from "#wire/checksum.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import type { TunnelPort } from "../../tunnel-kinds.js";
import { uncover } from "../frames/encapsulation.js";
import type { Frame } from "../frames/frame.js";
import { frameSum } from "../frames/frame-sum.js";
import { L3_IPV4, L3_IPV6 } from "../frames/layers.js";
import { type Inner, readErspan, readGeneve, readGre, readGtpu, readVxlan } from "./tunnel-read.js";

const UDP = 8;
const inner: Inner = { etherType: undefined };

/**
 * Takes a packet out of the outer headers of a tunnel port and writes to `key`, which is zeros, what they said: the tunnel's words. False where they are not whole, not right,
 * or not such as the port has: then the frame may have been changed.
 */
export function popTunnel(frame: Frame, key: FlowKey, port: TunnelPort): boolean {
  if (frame.noEthernet) return false;
  const layers = frame.layers;
  if (!layers.valid) layers.locate(frame);
  const { l3, l4, kind, protocol } = layers;
  if (l4 < 0) return false;
  let end: number;
  if (kind === L3_IPV4) {
    if (frame.u8(l3) !== 0x45 || frameSum(frame, l3, l4) !== 0xffff) return false;
    key[W.tunSrc] = u32(frame, l3 + 12);
    key[W.tunDst] = u32(frame, l3 + 16);
    key[W.tunMeta] = (frame.u8(l3 + 1) << 24) | (frame.u8(l3 + 8) << 16);
    end = l3 + frame.u16(l3 + 2);
  } else if (kind === L3_IPV6) {
    if (l4 !== l3 + 40 || frame.u8(l3) >> 4 !== 6) return false;
    for (let i = 0; i < 8; i++) key[W.tunIpv6Src + i] = u32(frame, l3 + 8 + 4 * i);
    key[W.tunMeta] = (((frame.u16(l3) >> 4) & 0xff) << 24) | (frame.u8(l3 + 7) << 16);
    end = l4 + frame.u16(l3 + 4);
  } else return false;
  if (end > frame.length) return false;
  const at = protocol === IpProtocol.udp ? overUdp(frame, key, port, end) : overIp(frame, key, port, end);
  return at >= 0 && at <= frame.length && uncover(frame, at, inner.etherType);
}

function overUdp(frame: Frame, key: FlowKey, port: TunnelPort, end: number): number {
  const { l4 } = frame.layers;
  if (l4 + UDP > end) return -1;
  if (frame.u16(l4 + 6) !== 0) {
    if (!isUdpRight(frame, end)) return -1;
    key[W.tunMeta]! |= TunnelFlag.checksum;
  }
  key[W.tunTp] = u32(frame, l4);
  switch (port.protocol) {
    case "vxlan":
      return readVxlan(frame, l4 + UDP, end, key, inner);
    case "geneve":
      return readGeneve(frame, l4 + UDP, end, key, inner);
    case "gtpu":
      return readGtpu(frame, l4 + UDP, end, key, inner);
    default:
      return -1;
  }
}

function overIp(frame: Frame, key: FlowKey, port: TunnelPort, end: number): number {
  const { l4, protocol } = frame.layers;
  if (protocol !== IpProtocol.gre) return -1;
  if (port.protocol === "gre") return readGre(frame, l4, end, key, inner);
  return port.protocol === "erspan" ? readErspan(frame, l4, end, key, inner) : -1;
}

/** Not asked of frames whose checksums were not made yet, or found right by the device. */
function isUdpRight(frame: Frame, end: number): boolean {
  if (frame.offload.flags !== 0) return true;
  const { l3, l4, kind } = frame.layers;
  const addresses = kind === L3_IPV4 ? frameSum(frame, l3 + 12, l3 + 20) : frameSum(frame, l3 + 8, l3 + 40);
  return foldSum(addresses + IpProtocol.udp + (end - l4) + frameSum(frame, l4, end)) === 0xffff;
}

function u32(frame: Frame, at: number): number {
  return ((frame.u16(at) << 16) | frame.u16(at + 2)) >>> 0;
}
