import type { Resume } from "#openflow/messages/packet/packet-in.js";
import { resumePacket } from "../../resume.js";
import type { Handler } from "../handler.js";

/** NXT_RESUME. */
export const resumeHandler: Handler<Resume> = {
  kind: "resume",
  changes: false,
  handle: (body, { bridge }) => {
    resumePacket(bridge, body);
    return undefined;
  },
};
