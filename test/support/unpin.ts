import { Pins } from "#host/linux/pins.js";

/** Takes away what a switch daemon of this run directory has left for the next one. */
export function unpin(runDirectory: string): void {
  new Pins(runDirectory).remove();
}
