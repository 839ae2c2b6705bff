import { portProgram } from "#bpf/forward/entry.js";
import { forwardProgram } from "#bpf/forward/forward-program.js";
import { ForwardPart } from "#bpf/forward/layout.js";
import type { ProgramItem } from "#bpf/instruction.js";
import { W } from "#flow/layout.js";
import { FORWARD_OTHER, type ForwardMaps } from "#host/forward-maps.js";
import { loadOthers } from "./other-programs.js";
import { loadTrack } from "./track-places.js";
import { loadTunnel } from "./tunnel-programs.js";

/** The forwarding program's parts, each loaded once a flow wants it. */
export class ProgramParts {
  readonly #maps: ForwardMaps;
  readonly #warn: (text: string) => void;
  #others: { readonly refused: string | undefined } | undefined;
  #track: { readonly refused: string | undefined } | undefined;

  /** `warn` is told of what the kernel does not take. */
  constructor(maps: ForwardMaps, warn: (text: string) => void) {
    this.#maps = maps;
    this.#warn = warn;
  }

  /** What the port of a slot is to run, once what it goes on with is loaded. Throws `HostError` where the kernel does not take that. */
  port(slot: number): readonly ProgramItem[] {
    const { processors, flows, kernelSkb } = this.#maps;
    this.#maps.loadPart(ForwardPart.forward, () => forwardProgram({ processors, flows, words: W, kernelSkb }));
    return portProgram({ slot, processors, words: W, other: FORWARD_OTHER });
  }

  /** Loads the part for rare operations. Undefined, or why flows that need it stay with the threads. */
  others(): string | undefined {
    this.#others ??= { refused: loadOthers(this.#maps, this.#warn) };
    return this.#others.refused;
  }

  /** Loads the part that tracks connections. Undefined, or why not. */
  track(): string | undefined {
    this.#track ??= { refused: loadTrack(this.#maps, this.#warn) };
    return this.#track.refused;
  }

  /** Loads those of tunnels, for the port of that name; false where the kernel does not take them. */
  tunnel(name: string): boolean {
    try {
      loadTunnel(this.#maps);
      return true;
    } catch (error) {
      this.#warn(`${name}: its packets stay out of the kernel: ${String(error)}`);
      return false;
    }
  }
}
