import { planSegmentation, writeSegment } from "#wire/segmentation.js";
import { type Offload, plainOffload } from "#wire/virtio-net.js";
import type { Frame } from "./frame.js";

/** A frame cut out of a large segment. */
export interface SegmentedFrame {
  readonly data: Uint8Array;
  readonly offload: Offload;
}

/**
 * Cuts a large segment into the frames a device would make of it, for outputs that cannot: Linux takes large segments of plain (or
 * VLAN-tagged) IP only. Undefined where its headers make no sense.
 */
export function segmentFrame(frame: Frame): SegmentedFrame[] | undefined {
  const whole = frame.bytes();
  const plan = planSegmentation(whole, 0, whole.length, frame.offload);
  if (plan === undefined) return undefined;
  return Array.from({ length: plan.count }, (_, i) => {
    const room = new Uint8Array(plan.headers + plan.size);
    const length = writeSegment(whole, 0, whole.length, plan, i, room, 0);
    const offload = plainOffload();
    if (plan.leavesChecksum) {
      offload.flags = 1;
      offload.csumStart = frame.offload.csumStart;
      offload.csumOffset = frame.offload.csumOffset;
    }
    return { data: room.subarray(0, length), offload };
  });
}
