import { formatDatapathActions } from "#datapath/text/action-text.js";
import { W } from "#flow/layout.js";
import { makeMatch } from "#flow/match.js";
import type { Bridge } from "#ofproto/bridge.js";
import { applyEffects } from "#ofproto/effect.js";
import { ownOrigin } from "#ofproto/tables/flow-changes.js";
import type { Translation } from "#ofproto/translate/context.js";
import { formatTrace, Trace } from "#ofproto/translate/trace.js";
import { translate } from "#ofproto/translate/translate.js";
import { parseFlowMod } from "#openflow/flow-text.js";
import { parseMatch } from "#openflow/match-parse.js";
import { formatMatch } from "#openflow/match-text.js";
import { SwitchLab } from "./switch-lab.js";

/** What a packet became. */
export interface Became {
  readonly actions: string;
  readonly megaflow: string;
  /** The steps, without the bridge's title. */
  readonly steps: readonly string[];
  readonly translation: Translation;
}

/** A bridge br0 with ports p1 to p4 (datapath ports of the same numbers, less those that the datapath has itself), and flows from text. */
export class TranslationBed {
  readonly lab: SwitchLab = new SwitchLab();
  readonly bridge: Bridge;

  /** Flows as `ovs-ofctl add-flow` takes them. */
  constructor(...flows: readonly string[]) {
    this.lab.addBridge("br0", { failMode: "secure", vlanLimit: 2 });
    for (const number of [1, 2, 3, 4]) this.lab.addPort("br0", `p${number}`, {}, "dummy", number);
    this.bridge = this.lab.switches.bridges.get("br0")!;
    for (const flow of flows) this.bridge.flowMod(parseFlowMod(flow, "add").flowMod, ownOrigin);
  }

  /** Translates a packet of a flow (`in_port=1,tcp,…`) that teaches the switch; ports are called by their names. */
  packet(flow: string, credit: { readonly packets?: number; readonly tcpFlags?: number } = {}): Became {
    const { key } = parseMatch(flow);
    const port = this.bridge.state.ports.get(key[W.inPort]!)!;
    const { backer } = this.bridge;
    const trace = new Trace({ withoutEffects: false, names: true });
    const translation = translate(backer, port, key, trace);
    const { packets = 1, tcpFlags = 0 } = credit;
    applyEffects(translation.effects, { packets, bytes: 60 * packets, used: this.lab.clock.now(), tcpFlags });
    const portName = (number: number): string | undefined => backer.datapath.port(number)?.name;
    return {
      actions: formatDatapathActions(translation.actions, { key, portName }),
      megaflow: formatMatch(makeMatch(key, translation.mask)),
      steps: formatTrace(trace.roots).split("\n").slice(3, -1),
      translation,
    };
  }

  /** Datapath actions of a packet. */
  actions(flow: string): string {
    return this.packet(flow).actions;
  }
}
