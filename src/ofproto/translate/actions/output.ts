import type { OutputAction } from "#openflow/actions/output.js";
import { OFPP } from "#openflow/port-number.js";
import type { OfPort } from "../../port.js";
import { PortConfig } from "../../port-config.js";
import { composeOutput } from "../compose-output.js";
import type { TranslationContext } from "../context.js";
import { translateNormal } from "../normal.js";

/** `output:N` and the reserved ports. */
export function translateOutput(ctx: TranslationContext, { port }: OutputAction): void {
  switch (port) {
    case OFPP.inPort:
      composeOutput(ctx, ctx.inPort);
      break;
    case OFPP.normal:
      translateNormal(ctx);
      break;
    case OFPP.flood:
      outputToAll(ctx, (p) => (p.config & PortConfig.noFlood) === 0);
      break;
    case OFPP.all:
      outputToAll(ctx, () => true);
      break;
    default:
      outputToPort(ctx, port);
  }
}

function outputToPort(ctx: TranslationContext, number: number): void {
  const port = ctx.bridge.ports.get(number);
  if (!port) {
    ctx.trace?.note(" >> Nonexistent output port");
    ctx.refuse("no_such_port");
  } else if (port === ctx.inPort) {
    ctx.trace?.note(" >> skipping output to input port");
    ctx.refuse("learned_on_input_port");
  } else composeOutput(ctx, port);
}

function outputToAll(ctx: TranslationContext, wanted: (port: OfPort) => boolean): void {
  const { inPort } = ctx;
  for (const port of [...ctx.bridge.ports.values()]) if (port !== inPort && wanted(port)) composeOutput(ctx, port);
}
