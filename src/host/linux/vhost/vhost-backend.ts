import { BugError } from "#util/errors.js";
import type { FrameCounters } from "../../frame-io.js";
import type { FrameHandle } from "../../net.js";
import type { BackendHost, BackendKind, PortBackend } from "../port-backend.js";
import { GuestBell } from "./guest-bell.js";
import { GuestFrames } from "./guest-frames.js";
import { GuestInput } from "./guest-input.js";
import { GuestOutput } from "./guest-output.js";
import { GuestRings } from "./guest-rings.js";

/** vhost-user ports: rings in a guest's memory, served without system calls while there is something in them. */
export class VhostBackends implements BackendKind {
  readonly #host: BackendHost;
  readonly #frames = new GuestFrames();
  readonly #bell = new GuestBell();

  constructor(host: BackendHost) {
    this.#host = host;
    host.memory.register(this.#frames.memory);
  }

  open(port: number, handle: FrameHandle, receiveQueues: readonly number[], counters: FrameCounters): PortBackend {
    if (handle.kind !== "vhost") throw new BugError(`${handle.name} is no vhost-user port`);
    const rings = new GuestRings(handle.shared, handle.troubleFd, this.#bell);
    const { queues } = handle;
    const parts = { port, rings, counters, queues, frames: this.#frames, offload: this.#host.offload };
    const inputs = receiveQueues.map((queue) => new GuestInput(queue, handle.fds[queue]!, parts));
    return new VhostBackend(inputs, new GuestOutput(rings, handle.mtu, counters));
  }

  release(): void {
    this.#frames.used = 0;
  }

  close(): void {
    this.#frames.memory.release();
    this.#bell.close();
  }
}

class VhostBackend implements PortBackend {
  readonly inputs: readonly GuestInput[];
  readonly send: PortBackend["send"];
  readonly #output: GuestOutput;

  constructor(inputs: readonly GuestInput[], output: GuestOutput) {
    this.inputs = inputs;
    this.#output = output;
    this.send = output.send.bind(output);
  }

  get length(): number {
    return this.#output.length;
  }

  flush(): void {
    this.#output.flush();
  }

  setMtu(mtu: number): void {
    this.#output.mtu = mtu;
  }

  /** The rings are the main thread's. */
  close(): void {
    for (const input of this.inputs) input.close();
  }
}
