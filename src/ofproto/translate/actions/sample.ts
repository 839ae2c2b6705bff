import type { DatapathAction } from "#datapath/actions.js";
import { W } from "#flow/layout.js";
import type { Sample } from "#openflow/actions/sample.js";
import { OFPP } from "#openflow/port-number.js";
import { commit } from "../commit.js";
import type { TranslationContext } from "../context.js";

const ALWAYS = 65535;
/** The datapath's number of no port. */
const NO_PORT = 0xffffffff;

/** `sample`: some packets are reported to an IPFIX collector set. A bridge that exports none, and so far none does, has nothing to do. */
export function translateSample(ctx: TranslationContext, action: Sample): void {
  if (!ctx.bridge.exportsSamples) return;
  const outputPort = portOf(ctx, action.samplingPort);
  if (outputPort === undefined) return;
  commit(ctx);
  const up: DatapathAction = {
    kind: "userspace",
    pid: 0,
    cookie: {
      kind: "flow_sample",
      probability: action.probability,
      collectorSetId: action.collectorSetId,
      observationDomainId: action.obsDomainId,
      observationPointId: action.obsPointId,
      outputPort,
      direction: action.direction === "" ? undefined : action.direction,
    },
  };
  if (action.probability === ALWAYS) ctx.actions.push(up);
  else {
    const probability = ((action.probability << 16) | action.probability) >>> 0;
    ctx.actions.push({ kind: "sample", probability, actions: [up] });
  }
}

/** The datapath's number of the port that a sample is told to be of; that the packet came in by it goes without saying. */
function portOf(ctx: TranslationContext, number: number): number | undefined {
  if (number === OFPP.none || number === ctx.flow[W.inPort]) return NO_PORT;
  const port = ctx.bridge.ports.get(number);
  if (port === undefined) {
    ctx.trace?.note(` >>>> can't use unknown port ${number} in flow sample action <<<<`);
    return undefined;
  }
  return port.datapathPort ?? NO_PORT;
}
