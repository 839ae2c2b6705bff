import { formatDatapathActions } from "#datapath/text/action-text.js";
import { copyKey, type FlowKey, type FlowMask, keysEqual, newKey } from "#flow/key.js";
import { KEY_WORDS, VLAN_PRESENT, W } from "#flow/layout.js";
import type { Action } from "#openflow/actions/action.js";
import { formatFlow, formatMatch } from "#openflow/match-text.js";
import type { Backer } from "../backer.js";
import { applyEffects } from "../effect.js";
import type { OfPort } from "../port.js";
import type { Translation } from "../translate/context.js";
import { Trace } from "../translate/trace.js";
import { translate, translateActions } from "../translate/translate.js";
import { narrowVlans } from "../vlan-limit.js";
import type { Traced } from "./trace-text.js";

/** What is to be traced: a key, where it came in, and the packet if there is one. */
export interface TraceQuestion {
  readonly backer: Backer;
  readonly port: OfPort;
  /** `in_port` being an OpenFlow number. */
  readonly key: FlowKey;
  readonly frame: Uint8Array | undefined;
}

/**
 * Traces a packet through the tables or, where there are any, through the actions that a controller sends with it. The frozen states that the answer
 * names are the caller's to release.
 */
export function tracePacket(
  { backer, port, key: whole, frame }: TraceQuestion,
  names: boolean,
  sent: readonly Action[],
): { traced: Traced; answer: Translation } {
  const { bridge } = port;
  const key = narrowVlans(whole, bridge.settings.vlanLimit);
  const portName = (n: number): string | undefined => (names ? bridge.ports.get(n)?.name : undefined);
  const datapathName = (n: number): string | undefined => (names ? backer.datapath.port(n)?.name : undefined);
  const steps = new Trace({ withoutEffects: frame === undefined, names });
  const answer = sent.length > 0 ? traceSent(steps) : translate(backer, port, key, steps);
  if (frame) {
    // It teaches what a packet would; it is none that counts.
    const taught = answer.effects.filter(
      ({ kind }) => kind === "learn" || kind === "learn_flow" || kind === "fin_timeout",
    );
    const used = backer.clock.now();
    applyEffects(taught, { packets: 1, bytes: frame.length, used, tcpFlags: key[W.l4]! & 0xfff });
  }
  const { finalFlow, error } = answer;
  const traced: Traced = {
    flow: formatShown(key, portName),
    steps: steps.roots,
    finalFlow: finalFlow && !keysEqual(finalFlow, key) ? formatShown(finalFlow, portName) : null,
    megaflow: formatMegaflow(key, answer.mask, portName),
    actions: formatDatapathActions(answer.actions, { portName: datapathName, key }),
    slow: slowReasons.filter((_, bit) => ((answer.slow >>> bit) & 1) !== 0),
    error: error ?? null,
    dropped: answer.dropped ?? null,
  };
  return { traced, answer };

  function traceSent(into: Trace): Translation {
    into.enter("bridge", bridge.name);
    return translateActions(backer, port, key, sent, into);
  }
}

/** The port of the action set has a field, which is not shown; nor is port 0, which is none. */
function formatShown(key: FlowKey, portName: (n: number) => string | undefined): string {
  const shown = key[W.actsetOutput] === 0 ? key : key.slice().fill(0, W.actsetOutput, W.actsetOutput + 1);
  const text = formatFlow(shown, { portName });
  return shown[W.inPort] === 0 ? text.replace(/\bin_port=0,/, "") : text;
}

/** Keys are costly to make. */
const scratch = { key: newKey(), mask: newKey() };

/** A megaflow's match. Fields of 8 bits in places of 16 are shown with their masks, as upstream's mask has no more bits. */
function formatMegaflow(whole: FlowKey, bits: FlowMask, portName: (n: number) => string | undefined): string {
  const { key, mask } = scratch;
  copyKey(mask, bits);
  // That a VLAN header is there, or is not, goes without saying.
  for (const w of [W.vlan0, W.vlan1]) if (whole[w] === 0 || (mask[w]! & 0xffff) === VLAN_PRESENT) mask[w] = 0;
  for (let w = 0; w < KEY_WORDS; w++) key[w] = whole[w]! & mask[w]!;
  const text = formatMatch({ key, mask }, { portName });
  if (!text.includes("icmp_") && !text.includes("nd_opt")) return text;
  return text.replace(
    /\b(icmp_type|icmp_code|nd_options_type)=(\d+)(?![\d/x])/g,
    (_, name: string, value: string) => `${name}=0x${Number(value).toString(16)}/0xff`,
  );
}

/** Reasons for the slow path, in upstream's words, by bits of `slowPathReasons`. */
const slowReasons: readonly string[] = [
  "Consumes CFM packets.",
  "Consumes BFD packets.",
  "Consumes LACP packets.",
  "Consumes STP packets.",
  "Consumes LLDP packets.",
  "Uses action(s) not supported by datapath.",
  "Datapath can't match specifically enough.",
];
