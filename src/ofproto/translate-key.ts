import type { DatapathAction } from "#datapath/actions.js";
import type { FlowKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import type { Backer } from "./backer.js";
import type { OfPort } from "./port.js";
import { sharedActions } from "./shared-outcomes.js";
import type { Translation } from "./translate/context.js";
import { translate } from "./translate/translate.js";
import { narrowVlans, widenMask } from "./vlan-limit.js";

/**
 * Translates a key of the datapath's, as the bridge's limit of VLAN headers has it; the mask is for the whole key. Frozen states that the
 * answer names are to be released by whoever asks.
 */
export function translateKey(backer: Backer, port: OfPort, key: Uint32Array): Translation {
  const narrow = narrowVlans(key, port.bridge.settings.vlanLimit);
  backer.counters.translations.add();
  const answer = translate(backer, port, narrow);
  if (narrow !== key) widenMask(answer.mask);
  return answer;
}

/**
 * What the datapath is given to do: all of it, or to send packets up that it cannot deal with alone, as many as the slow path meter of the
 * bridge lets pass where they came in.
 */
export function installedActions(
  backer: Backer,
  key: FlowKey,
  { actions, slow }: Translation,
): readonly DatapathAction[] {
  if (slow === 0) return sharedActions(actions);
  const up: DatapathAction = {
    kind: "userspace",
    pid: 0,
    cookie: { kind: "slow_path", reason: slow, ofprotoUuid: "" },
  };
  const meter = backer.port(key[W.inPort]!)?.bridge.meters.ofSlowPath;
  return meter === undefined
    ? [up]
    : [{ kind: "sample", probability: 0xffffffff, actions: [{ kind: "meter", id: meter }, up] }];
}
