import type { BundleAdd } from "#openflow/messages/bundle/bundle-add.js";
import { type BundleControl, BundleControlType } from "#openflow/messages/bundle/bundle-control.js";
import { BundleFlag } from "#openflow/messages/bundle/bundle-flags.js";
import type { FlowModCommand } from "#openflow/messages/flow/flow-mod.js";
import { OfpError } from "#openflow/ofp-error.js";
import { Bundles } from "../../bundles/bundles.js";
import type { Modification } from "../../modification.js";
import type { Connection } from "../connection.js";
import type { Handler, Request } from "../handler.js";
import { prepare } from "./prepare.js";

/** A message of a bundle. */
interface Bundled {
  /** The message that brought it, for errors that quote it. */
  readonly request: Uint8Array;
  readonly modification: Modification;
  readonly flowMod: FlowModCommand | undefined;
}

const byConnection = new WeakMap<Connection, Bundles<Bundled>>();

/** The bundles of a connection; they end with it. */
function bundlesOf({ bridge, connection, refuse }: Request): Bundles<Bundled> {
  const known = byConnection.get(connection);
  if (known !== undefined) return known;
  const { backer } = bridge;
  const made = new Bundles<Bundled>(backer.clock, {
    idle: () => backer.limits.bundleIdleTimeout,
    expired: (request) => refuse(new OfpError("OFPBFC_TIMEOUT"), request),
  });
  byConnection.set(connection, made);
  connection.onClosed(() => made.clear());
  return made;
}

/** OFPT_BUNDLE_ADD_MESSAGE, of OpenFlow 1.3 as ONF's extension. */
export const bundleAddHandler: Handler<BundleAdd> = {
  kind: "bundle_add",
  changes: true,
  handle: ({ bundleId, flags, message }, request) => {
    const addition = request.bridge.readAddition(message, request.connection);
    if (addition !== undefined) {
      const entry: Bundled = { request: request.bytes, modification: addition, flowMod: "add" };
      bundlesOf(request).add(bundleId, flags, entry, request.bytes);
      return undefined;
    }
    const inner = request.decode(message);
    const modification = prepare(inner, request);
    const isRefused = inner.body.kind === "port_mod" && (flags & BundleFlag.atomic) !== 0;
    const entry: Bundled = {
      request: request.bytes,
      modification: isRefused ? refused : modification,
      flowMod: inner.body.kind === "flow_mod" ? inner.body.command : undefined,
    };
    bundlesOf(request).add(bundleId, flags, entry, request.bytes);
    return undefined;
  },
};

/** Changes of ports cannot be taken back, so that no bundle with them is atomic. */
const refused: Modification = {
  start: () => {
    throw new OfpError("OFPBFC_MSG_FAILED");
  },
  finish: () => {},
  revert: () => {},
};

/** OFPT_BUNDLE_CONTROL. */
export const bundleControlHandler: Handler<BundleControl> = {
  kind: "bundle_control",
  changes: true,
  handle: (control, request) => {
    const type = controlled(control, request);
    return [{ kind: "bundle_control", bundleId: control.bundleId, type, flags: 0 }];
  },
};

/** Does what is asked; gives what the answer is called. What is no request and no reply either is answered by 0. */
function controlled({ type, bundleId, flags }: BundleControl, request: Request): number {
  const bundles = bundlesOf(request);
  switch (type) {
    case BundleControlType.openRequest:
      bundles.open(bundleId, flags, request.bytes);
      return BundleControlType.openReply;
    case BundleControlType.closeRequest:
      bundles.close(bundleId, flags);
      return BundleControlType.closeReply;
    case BundleControlType.commitRequest:
      commit(bundles.take(bundleId, flags), request);
      return BundleControlType.commitReply;
    case BundleControlType.discardRequest:
      bundles.discard(bundleId);
      return BundleControlType.discardReply;
    case BundleControlType.openReply:
    case BundleControlType.closeReply:
    case BundleControlType.commitReply:
    case BundleControlType.discardReply:
      throw new OfpError("OFPBFC_BAD_TYPE");
    default:
      return 0;
  }
}

/** Does all or nothing. Throws OFPBFC_MSG_FAILED, having answered the message that failed. */
function commit(entries: readonly Bundled[], { bridge, connection, refuse }: Request): void {
  const failure = bridge.commit(entries.map((e) => e.modification));
  if (failure !== undefined) {
    if (!(failure.error instanceof OfpError)) throw failure.error;
    refuse(failure.error, entries[failure.index]!.request);
    throw new OfpError("OFPBFC_MSG_FAILED");
  }
  bridge.flowMonitors.flush();
  for (const { flowMod } of entries) if (flowMod !== undefined) connection.countFlowMod(flowMod);
}
