import type { Files } from "#host/files.js";
import { parseFlowModFile } from "#openflow/flow-text-file.js";
import type { FlowMod } from "#openflow/messages/flow/flow-mod.js";
import { type Protocol, type ProtocolSet, ProtocolSets, protocols } from "#openflow/protocol.js";
import type { Version } from "#openflow/version.js";
import type { Log } from "#runtime/logger.js";
import { HostError, UserError } from "#util/errors.js";

/** Flows that every switch gets, and the protocols that can say them all. */
export interface SwitchFlows {
  readonly flowMods: readonly FlowMod[];
  readonly usable: ProtocolSet;
}

/** Reads files of flows in the syntax of `ovs-ofctl add-flows`. Throws `UserError`. */
export function readSwitchFlows(files: Files, log: Log, paths: readonly string[]): SwitchFlows {
  const flowMods: FlowMod[] = [];
  let usable: ProtocolSet = ProtocolSets.any;
  for (const path of paths) {
    const warn = (module: string, text: string): void => log.module(module).warn(text);
    const read = parseFlowModFile(readText(files, path), path, "add", { warn });
    flowMods.push(...read.flowMods);
    usable &= read.usable;
  }
  return { flowMods, usable };
}

function readText(files: Files, path: string): string {
  try {
    return files.readText(path);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    throw new UserError(`${path}: open failed (${error.text})`);
  }
}

/** The first protocol that a connection of this version can take and that can say the flows; undefined where there is none. */
export function protocolFor(version: Version, usable: ProtocolSet): Protocol | undefined {
  return protocols.find((p) => p.version === version && (p.bit & usable) !== 0);
}
