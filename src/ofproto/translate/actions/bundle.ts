import type { Bundle } from "#openflow/actions/bundle.js";
import { OFPP } from "#openflow/port-number.js";
import { isPortLive } from "../../groups/liveness.js";
import type { TranslationContext } from "../context.js";
import { hashPacket, hashPair } from "../field-hash.js";
import { noteValue, writeNumber } from "../subfield.js";
import { outputTo } from "./output.js";

/** `bundle`, `bundle_load`: a port of a list that works, chosen by a hash of the packet's fields or the first; the packet goes there, or the number into a field. */
export function translateBundle(ctx: TranslationContext, action: Bundle): void {
  const { destination } = action;
  const port = choose(ctx, action);
  if (destination !== undefined) {
    writeNumber(ctx, destination, port);
    noteValue(ctx, destination);
  } else if (port === OFPP.none) ctx.refuse("no_such_port");
  else outputTo(ctx, port, 0);
}

function choose(ctx: TranslationContext, { fields, basis, algorithm, members }: Bundle): number {
  const isLive = (number: number): boolean => {
    const port = ctx.bridge.ports.get(number);
    return port !== undefined && isPortLive(port);
  };
  if (algorithm === "active_backup") return members.find(isLive) ?? OFPP.none;
  const hash = hashPacket(ctx, fields, basis);
  let best: number = OFPP.none;
  let most = -1;
  members.forEach((member, i) => {
    const weight = hashPair(hash, i);
    if (weight <= most || !isLive(member)) return;
    best = member;
    most = weight;
  });
  return best;
}
