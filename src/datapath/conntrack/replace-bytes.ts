import type { Frame } from "../userspace/frames/frame.js";

/** Lets a frame be other bytes, and all else of it as it is. */
export function replaceBytes(frame: Frame, bytes: Uint8Array): void {
  const isBare = frame.noEthernet;
  frame.reset(bytes, 0, bytes.length, { ...frame.offload });
  frame.noEthernet = isBare;
  frame.layers.locate(frame);
}
