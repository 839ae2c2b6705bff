import type { MacNumber } from "#util/mac-number.js";
import type { BridgeState } from "./bridge-state.js";
import type { Bundle } from "./bundle.js";
import type { DropReason } from "./drop-reason.js";
import type { Group, GroupBucket } from "./groups/group.js";
import type { OfPort } from "./port.js";
import type { Rule } from "./tables/rule.js";

/**
 * What packets of a flow do besides being forwarded, as data: translation lists it, and every packet, whether translated or counted by the
 * datapath later, is credited to the same list.
 */
export type Effect =
  | { readonly kind: "rule"; readonly rule: Rule }
  | { readonly kind: "group"; readonly group: Group; readonly buckets: readonly GroupBucket[] }
  | {
      readonly kind: "learn";
      readonly bridge: BridgeState;
      readonly bundle: Bundle;
      readonly vlan: number;
      readonly mac: MacNumber;
      readonly gratuitousArp: boolean;
    }
  /** The packet left through one patch port and came in by its peer. */
  | { readonly kind: "patch"; readonly out: OfPort; readonly in: OfPort }
  | { readonly kind: "drop"; readonly bridge: BridgeState; readonly port: OfPort; readonly reason: DropReason };

/** Packets to credit. `used` is clock milliseconds of the last of them. */
export interface Credit {
  readonly packets: number;
  readonly bytes: number;
  readonly used: number;
}

/** Credits packets to everything a flow touches. Ports and bundles that have gone since are passed over. */
export function applyEffects(effects: readonly Effect[], credit: Credit): void {
  for (const effect of effects) apply(effect, credit);
}

function apply(effect: Effect, { packets, bytes, used }: Credit): void {
  switch (effect.kind) {
    case "rule":
      effect.rule.packets += packets;
      effect.rule.bytes += bytes;
      effect.rule.used = Math.max(effect.rule.used, used);
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
    case "patch":
      effect.out.traffic.txPackets += packets;
      effect.out.traffic.txBytes += bytes;
      effect.in.traffic.rxPackets += packets;
      effect.in.traffic.rxBytes += bytes;
      return;
    case "drop":
      effect.bridge.dropped(effect.port.name, effect.reason, packets);
      return;
  }
}
