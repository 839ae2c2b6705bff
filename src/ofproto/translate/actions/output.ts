import { W } from "#flow/layout.js";
import { toController } from "#openflow/actions/controller.js";
import type { OutputAction, OutputTruncated } from "#openflow/actions/output.js";
import type { OutputRegister } from "#openflow/actions/output-reg.js";
import { formatOfport, OFPP } from "#openflow/port-number.js";
import type { OfPort } from "../../port.js";
import { PortConfig } from "../../port-config.js";
import { composeOutput } from "../compose-output.js";
import type { TranslationContext } from "../context.js";
import { translateNormal } from "../normal.js";
import { readNumber } from "../subfield.js";
import { translateController } from "./controller.js";

/** `output:N` and the reserved ports. */
export function translateOutput(ctx: TranslationContext, { port, maxLength }: OutputAction): void {
  outputTo(ctx, port, maxLength ?? 0);
}

/** `output:reg0[0..15]`: the port whose number the packet's fields hold. */
export function translateOutputRegister(ctx: TranslationContext, { source, maxLength }: OutputRegister): void {
  const number = readNumber(ctx, source);
  if (number > 0xffff) {
    ctx.trace?.note(` >> output port ${number} is out of range`);
    ctx.refuse("no_such_port");
    return;
  }
  ctx.trace?.note(` -> output port is ${number}`);
  outputTo(ctx, number, maxLength);
}

/** `output(port=N,max_len=M)`. */
export function translateOutputTruncated(ctx: TranslationContext, { port: number, maxLength }: OutputTruncated): void {
  const port = ctx.bridge.ports.get(number);
  if (!port || port.isPatch) {
    ctx.trace?.note(` >>>> output_trunc does not support patch port ${formatOfport(number)} <<<<`);
    ctx.refuse("not_supported");
  } else if (number === ctx.flow[W.inPort]) skipInputPort(ctx);
  else {
    ctx.actions.push({ kind: "trunc", maxLength });
    composeOutput(ctx, port);
  }
}

/** Sends the packet to a port by its number, or does what a reserved one means. `maxLength` is for controllers. */
export function outputTo(ctx: TranslationContext, number: number, maxLength: number): void {
  switch (number) {
    case OFPP.inPort:
      outputToPort(ctx, ctx.flow[W.inPort]!);
      return;
    case OFPP.table:
      ctx.pipeline.runTable(ctx, 0, { honorsMiss: true });
      return;
    case OFPP.normal:
      translateNormal(ctx);
      return;
    case OFPP.flood:
      outputToAll(ctx, (p) => (p.config & PortConfig.noFlood) === 0);
      return;
    case OFPP.all:
      outputToAll(ctx, () => true);
      return;
    case OFPP.controller:
      translateController(ctx, toController({ maxLength }));
      return;
    case OFPP.none:
      return;
    default:
      if (number === ctx.flow[W.inPort]) skipInputPort(ctx);
      else outputToPort(ctx, number);
  }
}

function outputToPort(ctx: TranslationContext, number: number): void {
  const port = ctx.bridge.ports.get(number);
  if (port) {
    composeOutput(ctx, port);
    return;
  }
  ctx.trace?.note(" >> Nonexistent output port");
  ctx.refuse("no_such_port");
}

function skipInputPort(ctx: TranslationContext): void {
  ctx.trace?.note(" >> skipping output to input port");
  ctx.refuse("output_is_input");
}

function outputToAll(ctx: TranslationContext, wanted: (port: OfPort) => boolean): void {
  const inPort = ctx.flow[W.inPort];
  ctx.refuse("no_other_port");
  for (const port of [...ctx.bridge.ports.values()]) {
    if (port.ofport !== inPort && wanted(port)) composeOutput(ctx, port);
  }
}
