import { put16, put32, u16 } from "#util/big-endian.js";
import { checksum, finishSum, foldSum, pseudoSum4, pseudoSum6 } from "#wire/checksum.js";
import { EtherType } from "#wire/ethernet.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import type { TunnelPush } from "../../actions.js";
import { ETHERNET, GRE, IPV4, IPV6, UDP } from "../../text/tunnel-layout.js";
import { type TunnelProtocol, tunnelProtocol } from "../../tunnel-kinds.js";
import { prependHeader } from "../frames/encapsulation.js";
import type { Frame } from "../frames/frame.js";
import { frameSum } from "../frames/frame-sum.js";

/** Source ports of tunnels over UDP: one for each inner connection, from this range. */
const [FIRST_PORT, LAST_PORT] = [32768, 61000];
const MAX_IP = 0xffff;

/** A `tnl_push` made ready: what is where in its header. */
export interface PushStep {
  readonly tunnelPort: number;
  readonly outPort: number;
  readonly header: Uint8Array;
  readonly isIpv6: boolean;
  /** Where UDP or GRE begins. */
  readonly l4: number;
  readonly isUdp: boolean;
  readonly protocol: TunnelProtocol;
  /** The UDP or GRE checksum is to be filled in. */
  readonly withChecksum: boolean;
  /** Where a sequence number that counts the packets of the tunnel port is, or -1. */
  readonly sequenceAt: number;
  /** Where ERSPAN's time stamp is, or -1. */
  readonly timeAt: number;
}

/** Undefined where the type of tunnel is not one of this engine's. */
export function pushStepOf(action: TunnelPush): PushStep | undefined {
  const { header, tunnelPort, outPort } = action;
  const protocol = tunnelProtocol(action.type);
  if (protocol === undefined) return undefined;
  const isIpv6 = u16(header, 12) === EtherType.ipv6;
  const l4 = ETHERNET + (isIpv6 ? IPV6 : IPV4);
  const isUdp = header[isIpv6 ? ETHERNET + 6 : ETHERNET + 9] === IpProtocol.udp;
  const flags = isUdp ? 0 : u16(header, l4);
  const words = (flags & 0x8000 ? 1 : 0) + (flags & 0x2000 ? 1 : 0);
  return {
    ...{ tunnelPort, outPort, header, isIpv6, l4, isUdp, protocol },
    // Open vSwitch always gives GTP-U a checksum.
    withChecksum: isUdp ? protocol === "gtpu" || u16(header, l4 + 6) !== 0 : (flags & 0x8000) !== 0,
    sequenceAt: (flags & 0x1000) !== 0 ? l4 + GRE + 4 * words : -1,
    timeAt: protocol === "erspan" && header[l4 + GRE + 4]! >>> 4 === 2 ? l4 + GRE + 8 : -1,
  };
}

/**
 * Puts the header in front of a frame. `hash` is of the inner connection, `sequence` the number of the packet in its tunnel, `now` in milliseconds. A partial
 * checksum stays one: what it will be is known without it. False where the packet would be too long for IP.
 */
export function pushTunnel(frame: Frame, step: PushStep, hash: number, sequence: number, now: number): boolean {
  const { header, l4 } = step;
  const room = frame.noEthernet ? ETHERNET : 0;
  const inner = frame.length - room;
  const length = header.length - ETHERNET + inner;
  if ((step.isIpv6 ? length - IPV6 : length) > MAX_IP || !prependHeader(frame, header)) return false;
  const { head, headAt: at } = frame;
  if (step.isIpv6) put16(head, at + ETHERNET + 4, length - IPV6);
  else {
    put16(head, at + ETHERNET + 2, length);
    put16(head, at + ETHERNET + 10, 0);
    put16(head, at + ETHERNET + 10, checksum(head, at + ETHERNET, at + ETHERNET + IPV4));
  }
  if (step.sequenceAt >= 0) put32(head, at + step.sequenceAt, sequence);
  if (step.timeAt >= 0) put32(head, at + step.timeAt, Math.floor(now * 10) % 0x100000000);
  const size = frame.length - l4;
  if (step.isUdp) {
    put16(head, at + l4, FIRST_PORT + Math.floor((hash * (LAST_PORT - FIRST_PORT)) / 0x100000000));
    put16(head, at + l4 + 4, size);
    if (step.protocol === "gtpu") put16(head, at + l4 + UDP + 2, inner);
  }
  if (step.withChecksum) putChecksum(frame, step, size);
  return true;
}

function putChecksum(frame: Frame, step: PushStep, size: number): void {
  const { head, headAt: at } = frame;
  const { l4 } = step;
  const field = at + l4 + (step.isUdp ? 6 : GRE);
  put16(head, field, 0);
  const pseudo = !step.isUdp
    ? 0
    : step.isIpv6
      ? pseudoSum6(head, at + ETHERNET, IpProtocol.udp, size)
      : pseudoSum4(head, at + ETHERNET, IpProtocol.udp, size);
  const value = finishSum(pseudo + sumToEnd(frame, l4));
  put16(head, field, step.isUdp && value === 0 ? 0xffff : value);
}

/** The sum from `from` on as it will be when a partial checksum has been completed: that part's is then what its pseudo header leaves. */
function sumToEnd(frame: Frame, from: number): number {
  const { flags, csumStart, csumOffset } = frame.offload;
  if ((flags & 1) === 0) return frameSum(frame, from, frame.length);
  const pseudo = frame.u16(csumStart + csumOffset);
  return frameSum(frame, from, csumStart) + (~foldSum(pseudo) & 0xffff);
}
