import { readHeader } from "#openflow/header.js";
import { BundleControlType } from "#openflow/messages/bundle/bundle-control.js";
import { BundleFlag } from "#openflow/messages/bundle/bundle-flags.js";
import type { Body } from "#openflow/messages/table.js";
import { protocolsOfVersions } from "#openflow/protocol.js";
import { OF14 } from "#openflow/version.js";
import { OpenFlowRefusal } from "#runtime/openflow-client.js";
import { talkingError } from "#runtime/openflow-target.js";
import { UserError } from "#util/errors.js";
import type { OfctlContext } from "./ofctl-command.js";
import { messageText } from "./print-message.js";
import type { Switch } from "./switch.js";

const BUNDLE_ID = 0;

/** Bundles are of OpenFlow 1.4, which `--bundle` allows without being asked. */
export function bundleSettings(context: OfctlContext): OfctlContext {
  const { settings } = context;
  return {
    ...context,
    settings: {
      ...settings,
      versions: settings.versions | (1 << OF14),
      protocols: settings.protocols | protocolsOfVersions(OF14, OF14),
    },
  };
}

/**
 * Has a switch do messages all at once or not at all. Those that it refuses are printed on standard error. Throws `UserError` where it has done
 * none.
 */
export async function sendBundle(on: Switch, bodies: readonly Body[], context: OfctlContext): Promise<void> {
  if (bodies.length === 0) return;
  const flags = BundleFlag.atomic | BundleFlag.ordered;
  const messages = bodies.map((body) => on.encode(body));
  const byXid = new Map(messages.map((message) => [readHeader(message).xid, message]));
  const control = (type: number): Promise<Uint8Array> => {
    const request = on.encode({ kind: "bundle_control", bundleId: BUNDLE_ID, type, flags });
    byXid.set(readHeader(request).xid, request);
    return on.client.request(request);
  };
  const adds = function* (): Generator<Uint8Array> {
    for (const message of messages) {
      yield on.encodeWithXid({ kind: "bundle_add", bundleId: BUNDLE_ID, flags, message }, readHeader(message).xid);
    }
  };
  const complain = (refusal: OpenFlowRefusal): void => {
    const message = byXid.get(refusal.error?.xid ?? 0);
    if (message === undefined) return;
    context.io.stderr(`Error ${refusal.message} for: ${messageText(message, context, context.settings.verbosity + 1)}`);
  };
  const refused: OpenFlowRefusal[] = [];
  const ask = async (type: number): Promise<void> => {
    try {
      await control(type);
    } catch (error) {
      if (!(error instanceof OpenFlowRefusal)) throw error;
      refused.push(error);
    }
  };
  const { openRequest, commitRequest, discardRequest } = BundleControlType;
  try {
    await ask(openRequest);
    if (refused.length === 0) {
      // What is refused on its way into the bundle would not keep the switch from committing the rest.
      const adding = on.client.transact(adds(), (sofar) => ask(sofar.length > 0 ? discardRequest : commitRequest));
      refused.unshift(...(await adding));
    }
  } catch (error) {
    throw talkingError(on.client.name, error);
  }
  for (const refusal of refused) complain(refusal);
  if (refused.length > 0) throw new UserError(`talking to ${on.client.name} (Protocol error)`);
}
