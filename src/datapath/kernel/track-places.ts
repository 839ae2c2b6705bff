import type { SkbPlaces } from "#bpf/capture-program.js";
import { ForwardPart } from "#bpf/forward/layout.js";
import { partProgram } from "#bpf/forward/part-program.js";
import { trackPacket } from "#bpf/forward/track.js";
import type { TrackPlaces } from "#bpf/forward/track-layout.js";
import type { ProgramItem } from "#bpf/instruction.js";
import { CtState, W } from "#flow/layout.js";
import type { ForwardMaps } from "#host/forward-maps.js";
import { C, F_DNAT, F_SNAT, LIBERAL, ROW_WORDS, S, SCALED } from "../conntrack/connection-layout.js";

const places: TrackPlaces = {
  words: W,
  row: C,
  rowWords: ROW_WORDS,
  side: S,
  scaled: SCALED,
  liberal: LIBERAL,
  snat: F_SNAT,
  dnat: F_DNAT,
  state: CtState,
};

/** The program that does `ct` for packets of leased connections; `skb`: where the kernel keeps what is known of a packet's checksum. */
export function trackProgram(processors: number, skb: SkbPlaces): ProgramItem[] {
  return partProgram(processors, trackPacket(places, skb));
}

/** Loads it, if there are such maps: then undefined, else why not. `warn` is told where the kernel refuses it. */
export function loadTrack(maps: ForwardMaps, warn: (text: string) => void): string | undefined {
  const refused = "tracks connections, which the kernel cannot follow here";
  if (maps.leases === undefined) return refused;
  try {
    maps.loadPart(ForwardPart.track, () => trackProgram(maps.processors, maps.kernelSkb));
    return undefined;
  } catch (error) {
    warn(`connections stay out of the kernel: ${String(error)}`);
    return refused;
  }
}
