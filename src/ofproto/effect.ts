import type { FlowMod } from "#openflow/messages/flow/flow-mod.js";
import type { MacNumber } from "#util/mac-number.js";
import type { BridgeState } from "./bridge-state.js";
import type { Bundle } from "./bundle.js";
import type { DropReason } from "./drop-reason.js";
import type { Group, GroupBucket } from "./groups/group.js";
import { learnFlow } from "./learned-flow.js";
import type { OfPort } from "./port.js";
import type { FlowTable } from "./tables/flow-table.js";
import type { Rule } from "./tables/rule.js";

/** A packet matched a flow. */
export interface RuleEffect {
  readonly kind: "rule";
  readonly rule: Rule;
}

/** Flows looked a packet up in a table; `matched` where one was found. */
export interface TableEffect {
  readonly kind: "table";
  readonly table: FlowTable;
  readonly matched: boolean;
}

/** `learn`: `rule` is the flow that was taught, once it was. */
interface LearnFlowEffect {
  readonly kind: "learn_flow";
  readonly bridge: BridgeState;
  readonly mod: FlowMod;
  readonly limit: number;
  rule: Rule | undefined;
}

/**
 * What packets of a flow do besides being forwarded, as data: translation lists it, and every packet, whether translated or counted by the
 * datapath later, is credited to the same list.
 */
export type Effect =
  | RuleEffect
  | { readonly kind: "group"; readonly group: Group; readonly buckets: readonly GroupBucket[] }
  | {
      readonly kind: "learn";
      readonly bridge: BridgeState;
      readonly bundle: Bundle;
      readonly vlan: number;
      readonly mac: MacNumber;
      readonly gratuitousArp: boolean;
    }
  | TableEffect
  | LearnFlowEffect
  /** `fin_timeout`, seconds: the flow lives no longer than so after a packet that ends a TCP connection. */
  | {
      readonly kind: "fin_timeout";
      readonly bridge: BridgeState;
      readonly rule: Rule;
      readonly idle: number;
      readonly hard: number;
    }
  /** The packet left through one patch port and came in by its peer. */
  | { readonly kind: "patch"; readonly out: OfPort; readonly in: OfPort }
  /** `isCovered`: Open vSwitch counts it too, since the datapath has nothing to do. */
  | {
      readonly kind: "drop";
      readonly bridge: BridgeState;
      readonly port: OfPort;
      readonly reason: DropReason;
      readonly isCovered: boolean;
    };

/** Packets to credit. `used` is clock milliseconds of the last of them, `tcpFlags` all of their flags. */
export interface Credit {
  readonly packets: number;
  readonly bytes: number;
  readonly used: number;
  readonly tcpFlags: number;
}

/** TCP's FIN and RST. */
const ENDS = 5;

/** Credits packets to everything a flow touches. Ports and bundles that have gone since are passed over. */
export function applyEffects(effects: readonly Effect[], credit: Credit): void {
  for (const effect of effects) apply(effect, credit);
}

function apply(effect: Effect, { packets, bytes, used, tcpFlags }: Credit): void {
  switch (effect.kind) {
    case "rule":
      effect.rule.credit(packets, bytes, used);
      return;
    case "group":
      for (const counted of [effect.group, ...effect.buckets]) {
        counted.packets += packets;
        counted.bytes += bytes;
      }
      return;
    case "learn":
      effect.bridge.learn(used, effect.bundle, effect.vlan, effect.mac, effect.gratuitousArp);
      return;
    case "table":
      effect.table.lookups += packets;
      if (effect.matched) effect.table.matches += packets;
      return;
    case "learn_flow":
      effect.rule = learnFlow(effect.bridge, effect.mod, effect.limit, effect.rule, used);
      return;
    case "fin_timeout":
      if ((tcpFlags & ENDS) !== 0) effect.bridge.flowChanger?.lowerTimeouts(effect.rule, effect.idle, effect.hard);
      return;
    case "patch":
      effect.out.traffic.txPackets += packets;
      effect.out.traffic.txBytes += bytes;
      effect.in.traffic.rxPackets += packets;
      effect.in.traffic.rxBytes += bytes;
      return;
    case "drop":
      effect.bridge.dropped(effect.port.name, effect.reason, packets, effect.isCovered);
      return;
  }
}
