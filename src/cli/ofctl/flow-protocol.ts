import { formatProtocols, type Protocol, type ProtocolSet, ProtocolSets, protocols } from "#openflow/protocol.js";
import { protocolChange } from "#openflow/protocol-change.js";
import { OF10 } from "#openflow/version.js";
import { UserError } from "#util/errors.js";
import type { OfctlContext } from "./ofctl-command.js";
import { Switch } from "./switch.js";

/** How flows are told of, best first. */
const dumpOrder: readonly Protocol[] = [...protocols]
  .reverse()
  .filter((p) => p.version > OF10 || !p.tableId)
  .sort((a, b) => b.version - a.version || Number(b.nxm) - Number(a.nxm));

/** The versions that a set of protocols has, as bits. */
function versionBits(set: ProtocolSet): number {
  return protocols.reduce((bits, p) => ((set & p.bit) === 0 ? bits : bits | (1 << p.version)), 0);
}

/** Brings a connection of OpenFlow 1.0 to another way of saying flows; false where the switch does not take it. */
async function tryProtocol(on: Switch, wanted: Protocol): Promise<boolean> {
  if (wanted.version !== on.version) return false;
  // One change at a time: where the second is refused, the first holds.
  const between = protocols.find(
    (p) => p.version === wanted.version && p.nxm === wanted.nxm && p.tableId === on.protocol.tableId,
  );
  for (const next of [between ?? wanted, wanted]) {
    for (const body of protocolChange(on.protocol, next)) if (await on.attempt(body)) return false;
    on.protocol = next;
  }
  return true;
}

const unsupported = (usable: ProtocolSet): UserError =>
  new UserError(`switch does not support any of the usable flow formats (${formatProtocols(usable)})`);

/** The versions to offer for flows that `usable` can say. Throws `UserError` where `--flow-format` and `--protocols` leave none. */
export function versionsFor(usable: ProtocolSet, { settings }: OfctlContext): number {
  const allowed = protocols.reduce(
    (set, p) => ((settings.versions & (1 << p.version)) === 0 ? set : set | p.bit),
    ProtocolSets.none,
  );
  const formats = settings.protocols & allowed;
  if ((usable & formats) === 0) {
    throw new UserError(
      `none of the usable flow formats (${formatProtocols(usable)}) is among the allowed flow formats (${formatProtocols(formats)})`,
    );
  }
  return versionBits(usable & formats);
}

/** Opens a switch to change flows that `usable` can say, in the first way that both take. Throws `UserError`. */
export async function openForFlows(name: string, context: OfctlContext, usable: ProtocolSet): Promise<Switch> {
  const on = await Switch.open(name, context, { versions: versionsFor(usable, context) });
  const formats = usable & context.settings.protocols;
  if ((on.protocol.bit & formats) !== 0) return on;
  for (const protocol of protocols) {
    if ((protocol.bit & formats) !== 0 && (await tryProtocol(on, protocol))) return on;
  }
  on.close();
  throw unsupported(usable);
}

/** Brings a connection to the way of saying flows that tells most of them. Throws `UserError` where there is none. */
export async function useDumpProtocol(on: Switch, context: OfctlContext, usable: ProtocolSet): Promise<void> {
  const formats = usable & context.settings.protocols;
  for (const protocol of dumpOrder) {
    if ((protocol.bit & formats) !== 0 && (await tryProtocol(on, protocol))) return;
  }
  throw unsupported(usable);
}
