import type { FlowKey } from "#flow/key.js";
import type { FrameIo } from "#host/frame-io.js";
import type { UserspaceCookie } from "../actions.js";
import type { Frame } from "./frames/frame.js";

/** Where forwarded frames go; what it is given stays unchanged until the engine's next flush. */
export type FrameSink = Pick<FrameIo, "send">;

/** Where packets go that no flow knows, or that a flow sends up. */
export interface UpcallSink {
  /**
   * Takes copies of the first `length` bytes and of the key; false where there is no room. `cookie` is undefined for a miss, `recirculations` as in `Packet`.
   */
  upcall(
    frame: Frame,
    length: number,
    key: FlowKey,
    cookie: UserspaceCookie | undefined,
    recirculations: number,
  ): boolean;
}
