import type { Host } from "../host.js";
import { NodeClock } from "./clock.js";
import { type FileLocker, NodeFiles } from "./files.js";
import { type IdentityChanger, NodeProcess } from "./process.js";
import { NodeStreams } from "./streams.js";
import { openSyslog } from "./syslog.js";

/** Parts that need system calls and so cost a tool its start-up time; daemons hand them in. */
export interface NodeHostParts {
  readonly lock?: FileLocker;
  readonly changeIdentity?: IdentityChanger;
}

/** The real outside. */
export function createNodeHost(parts: NodeHostParts = {}): Host {
  return {
    clock: new NodeClock(),
    streams: new NodeStreams({ light: parts.lock === undefined }),
    files: new NodeFiles(parts.lock),
    process: new NodeProcess(parts.changeIdentity),
    syslog: openSyslog,
    random: (size) => globalThis.crypto.getRandomValues(new Uint8Array(size)),
  };
}
