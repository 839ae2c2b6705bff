import { CaptureRing } from "./capture-ring.js";
import * as sys from "./syscalls.js";

let works: boolean | undefined;
let reason = "";

/** Whether this kernel takes the capture program, tried once by loading it; `ringInputFault` says why not. */
export function ringInputWorks(): boolean {
  if (works === undefined) {
    try {
      const ring = new CaptureRing(4096);
      try {
        sys.close(ring.loadProgram(0, 1));
      } finally {
        ring.close();
      }
      works = true;
    } catch (error) {
      works = false;
      reason = (error as Error).message;
    }
  }
  return works;
}

/** Why the capture program cannot be used; empty where it can. */
export function ringInputFault(): string {
  ringInputWorks();
  return reason;
}
