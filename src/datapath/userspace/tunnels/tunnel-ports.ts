import type { FlowKey } from "#flow/key.js";
import type { TunnelPort } from "../../tunnel-kinds.js";
import type { Frame } from "../frames/frame.js";
import { isGso } from "../frames/headers.js";
import { connectionHash } from "../frames/packet-hash.js";
import { popTunnel } from "./tunnel-pop.js";
import { type PushStep, pushTunnel } from "./tunnel-push.js";

/** The tunnel ports of a forwarder: headers put on, and taken off. */
export class TunnelPorts {
  readonly #known: (TunnelPort | undefined)[] = [];

  add(number: number, port: TunnelPort): void {
    this.#known[number] = port;
  }

  remove(number: number): void {
    this.#known[number] = undefined;
  }

  /** Puts an outer header in front of a frame, whose key says what is in it. False where there is no such port, or the packet is too long. */
  push(frame: Frame, key: FlowKey, step: PushStep, now: number): boolean {
    const known = this.#known[step.tunnelPort];
    if (known === undefined) return false;
    const sequence = step.sequenceAt < 0 ? 0 : Atomics.add(known.sent, 0, 1);
    return pushTunnel(frame, step, step.isUdp ? connectionHash(key) : 0, sequence, now);
  }

  /** Takes a frame out of the outer headers of a port, as `popTunnel`; false also where there is no such port. */
  pop(frame: Frame, key: FlowKey, number: number): boolean {
    const known = this.#known[number];
    return known !== undefined && popTunnel(frame, key, known);
  }

  /** Whether a frame is a large segment of the outer packet, not of the inner one: then each of its parts has outer headers. */
  hasOuterSegments(frame: Frame): boolean {
    if (!isGso(frame)) return false;
    if (!frame.layers.valid) frame.layers.locate(frame);
    return frame.offload.csumStart <= frame.layers.l4;
  }
}
