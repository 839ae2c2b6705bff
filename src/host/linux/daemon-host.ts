import type { Host } from "../host.js";
import { createNodeHost } from "../node/host.js";
import { changeIdentityKeepingNetwork } from "./identity.js";
import { lockRecord } from "./record-lock.js";

/** The real outside with what daemons need of the kernel besides: record locks, and capabilities over a change of user. */
export function createDaemonHost(): Host {
  return createNodeHost({ lock: lockRecord, changeIdentity: changeIdentityKeepingNetwork });
}
