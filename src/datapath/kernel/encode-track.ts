import { Operation } from "#bpf/forward/layout.js";
import { LABEL_UNITS, labelWord, TrackFlag, trackOperation } from "#bpf/forward/track-layout.js";
import type { CtStep } from "../conntrack/ct-step.js";

const UNIT = 16;

/** The operation, and the units that belong to it, of a `ct` step: all that matters of it to a connection that is established. */
export function encodeTrack(step: CtStep): Uint8Array[] {
  const bytes = new Uint8Array(UNIT * (1 + (step.label === undefined ? 0 : LABEL_UNITS)));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Operation.track, true);
  view.setUint16(trackOperation.zone, step.zone, true);
  const flags =
    (step.commit ? TrackFlag.commit : 0) |
    (step.force ? TrackFlag.force : 0) |
    (step.nat === undefined ? 0 : TrackFlag.nat) |
    (step.label === undefined ? 0 : TrackFlag.label);
  view.setUint16(trackOperation.flags, flags, true);
  view.setUint32(trackOperation.mark, step.mark, true);
  view.setUint32(trackOperation.markMask, step.markMask, true);
  if (step.label !== undefined) {
    for (const [i, word] of [...step.label, ...step.labelMask].entries()) view.setUint32(labelWord(i), word, true);
    for (let i = 1; i <= LABEL_UNITS; i++) view.setUint32(UNIT * i, Operation.track, true);
  }
  return Array.from({ length: bytes.length / UNIT }, (_, i) => bytes.subarray(UNIT * i, UNIT * (i + 1)));
}
