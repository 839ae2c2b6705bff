import { CaptureRing } from "./capture-ring.js";
import * as sys from "./syscalls.js";

/** The fault, or null where there is none; undefined before the first try. */
let fault: Error | null | undefined;

/** Why this kernel does not take the capture program, tried once by loading it; undefined where it does. */
export function ringInputFault(): Error | undefined {
  if (fault === undefined) {
    try {
      const ring = new CaptureRing(4096);
      try {
        sys.close(ring.loadProgram(0, 1));
      } finally {
        ring.close();
      }
      fault = null;
    } catch (error) {
      fault = error as Error;
    }
  }
  return fault ?? undefined;
}
