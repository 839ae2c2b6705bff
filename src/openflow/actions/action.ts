import type { PortNames } from "../port-number.js";
import type { Version } from "../version.js";
import type { Bundle } from "./bundle.js";
import type { CheckPacketLarger } from "./check-pkt-larger.js";
import type { Clone } from "./clone.js";
import type { Conjunction } from "./conjunction.js";
import type { ControllerAction } from "./controller.js";
import type { Ct } from "./ct.js";
import type { CtClear } from "./ct-clear.js";
import type { DebugAction } from "./debug.js";
import type { DecTtl } from "./dec-ttl.js";
import type { Decap, DecNshTtl } from "./decap.js";
import type { DeleteField } from "./delete-field.js";
import type { Encap } from "./encap.js";
import type { Enqueue } from "./enqueue.js";
import type { Exit } from "./exit.js";
import type { FinTimeout } from "./fin-timeout.js";
import type { GotoTable } from "./goto-table.js";
import type { Group } from "./group.js";
import type { Learn } from "./learn.js";
import type { Load } from "./load.js";
import type { Meter } from "./meter.js";
import type { SetEthernet, SetNetwork, SetOctet, SetTransport } from "./modify.js";
import type { Move } from "./move.js";
import type { MplsAction } from "./mpls.js";
import type { Multipath } from "./multipath.js";
import type { Nat } from "./nat.js";
import type { Note } from "./note.js";
import type { OutputAction, OutputTruncated } from "./output.js";
import type { OutputRegister } from "./output-reg.js";
import type { PopQueue, SetQueue } from "./queue.js";
import type { Resubmit } from "./resubmit.js";
import type { Sample } from "./sample.js";
import type { SetField } from "./set-field.js";
import type { SetTunnel } from "./set-tunnel.js";
import type { StackAction } from "./stack.js";
import type { PushVlan, SetVlan, StripVlan } from "./vlan.js";
import type { WireForm } from "./wire-form.js";
import type { ClearActions, WriteActions } from "./write-actions.js";
import type { WriteMetadata } from "./write-metadata.js";

/** An OpenFlow action or instruction, free of versions. An empty list of them drops. */
export type Action =
  | OutputAction
  | OutputTruncated
  | OutputRegister
  | ControllerAction
  | Enqueue
  | SetQueue
  | PopQueue
  | StripVlan
  | PushVlan
  | SetVlan
  | SetEthernet
  | SetNetwork
  | SetOctet
  | SetTransport
  | DecTtl
  | MplsAction
  | SetTunnel
  | SetField
  | Load
  | Move
  | StackAction
  | Resubmit
  | Group
  | Note
  | Exit
  | FinTimeout
  | Sample
  | Conjunction
  | Multipath
  | Learn
  | Clone
  | Bundle
  | Ct
  | Nat
  | CtClear
  | Encap
  | Decap
  | DecNshTtl
  | DeleteField
  | CheckPacketLarger
  | Meter
  | ClearActions
  | WriteActions
  | WriteMetadata
  | GotoTable
  | DebugAction;

/** What writing an action as text may need. */
export interface ActionTextContext extends PortNames {
  /** Actions within an action. */
  formatActions(actions: readonly Action[]): string;
}

/** What reading an action's text may need. */
export interface ActionParseContext extends PortNames {
  /** Actions within the action of this name; instructions are among them only where `instructions` says so. */
  parseActions(text: string, within: string): Action[];
}

/** All there is to know of one kind of action. The rows of `actions/table.ts` are the whole language. */
export interface ActionRow<A extends { readonly kind: string }> {
  readonly kind: A["kind"];
  /** How the versions' bytes spell it; the first form that can say a value does. */
  readonly wire: readonly WireForm<A>[];
  /** What says it in versions where no form does. */
  instead?(action: A, version: Version): readonly Action[] | undefined;
  /** Text of ovs-actions(7). */
  format(action: A, ctx: ActionTextContext): string;
  /** By each name it has in text (lower case), how its argument is read. Throws `UserError`. */
  readonly parse: Readonly<Record<string, (argument: string, ctx: ActionParseContext) => Action>>;
}
