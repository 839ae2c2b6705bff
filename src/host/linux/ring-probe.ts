import { LinuxCaptureRings } from "./capture-rings.js";
import * as sys from "./syscalls.js";

/** The fault, or null where there is none; undefined before the first try. */
let fault: Error | null | undefined;

/** Why this kernel does not take the capture program, tried once by loading it; undefined where it does. */
export function ringInputFault(): Error | undefined {
  if (fault === undefined) {
    try {
      const rings = new LinuxCaptureRings(4096);
      const ring = rings.open();
      try {
        sys.close(rings.load([{ ring, place: ring.takePlace() }]));
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
