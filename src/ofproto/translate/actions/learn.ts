import { getFieldBig, setFieldBig, unwildcard } from "#flow/access.js";
import { type Match, newMatch } from "#flow/match.js";
import type { Action } from "#openflow/actions/action.js";
import type { Learn } from "#openflow/actions/learn.js";
import { formatActions } from "#openflow/actions/table.js";
import { normalizeMatch } from "#openflow/match/normalize.js";
import { formatMatch } from "#openflow/match-text.js";
import { FlowFlag } from "#openflow/messages/flow/flow-flags.js";
import type { FlowMod } from "#openflow/messages/flow/flow-mod.js";
import { newFlowMod } from "#openflow/messages/flow/new-flow-mod.js";
import { OFPP } from "#openflow/port-number.js";
import type { Subfield } from "#openflow/subfield.js";
import { mayLearn } from "../../learned-flow.js";
import type { TranslationContext } from "../context.js";
import { bitsOf, copyBits, lookAt, noteValue, readNumber, writeNumber } from "../subfield.js";

/** `learn`: packets add or refresh a flow made of their fields. Packets see it that come after them. */
export function translateLearn(ctx: TranslationContext, action: Learn): void {
  const mod = learnedFlow(ctx, action);
  if (ctx.trace?.withoutEffects) {
    ctx.trace.note(" >> suppressing side effects, so learn action ignored");
    return;
  }
  if (ctx.trace) ctx.trace.note(` -> ${describe(mod)}`);
  const may = mayLearn(ctx.bridge, mod, action.limit);
  if (action.result !== undefined) {
    writeNumber(ctx, action.result, may ? 1 : 0);
    noteValue(ctx, action.result);
  }
  if (may) {
    ctx.effects.push({ kind: "learn_flow", bridge: ctx.bridge, mod, limit: action.limit, rule: undefined });
    const { table, priority } = action;
    ctx.learned.push({ bridge: ctx.bridge, table, priority, mask: mod.match.mask });
  } else ctx.trace?.note(" -> Limit exceeded, learn failed");
}

/** The flow that a packet teaches. All that it is made of has been looked at. */
function learnedFlow(ctx: TranslationContext, learn: Learn): FlowMod {
  const match = newMatch();
  const actions: Action[] = [];
  if (learn.finIdleTimeout !== 0 || learn.finHardTimeout !== 0) {
    actions.push({ kind: "fin_timeout", idle: learn.finIdleTimeout, hard: learn.finHardTimeout });
  }
  for (const spec of learn.specs) {
    if (spec.kind === "output") {
      const port = readNumber(ctx, spec.source);
      if (isOutput(port)) actions.push({ kind: "output", port });
    } else if (spec.kind === "match") addToMatch(ctx, match, spec.source, spec.destination);
    else actions.push(loadOf(spec.destination, sourceValue(ctx, spec.source)));
  }
  const { tlvs } = ctx.bridge;
  return newFlowMod({
    command: "modify_strict",
    match: normalizeMatch(tlvs.mappings.length === 0 ? match : { ...match, tlvs }),
    priority: learn.priority,
    table: learn.table,
    newCookie: learn.cookie,
    idleTimeout: learn.idleTimeout,
    hardTimeout: learn.hardTimeout,
    flags: learn.sendFlowRemoved ? FlowFlag.sendFlowRemoved : 0,
    actions,
  });
}

/** Ports that a learned flow may send to: real ones, and reserved ones that need no choice. */
function isOutput(port: number): boolean {
  return port < OFPP.max || [OFPP.inPort, OFPP.flood, OFPP.all, OFPP.local].includes(port as 0xfff8);
}

function addToMatch(
  ctx: TranslationContext,
  { key, mask }: Match,
  source: Subfield | bigint,
  destination: Subfield,
): void {
  const { field, start, bits } = destination;
  if (typeof source === "bigint") setFieldBig(key, bitsOf(destination), source);
  else {
    lookAt(ctx, source);
    copyBits(key, field, start, ctx.flow, source.field, source.start, bits);
  }
  unwildcard(mask, bitsOf(destination));
}

function sourceValue(ctx: TranslationContext, source: Subfield | bigint): bigint {
  if (typeof source === "bigint") return source;
  lookAt(ctx, source);
  return getFieldBig(ctx.flow, bitsOf(source));
}

/** A load holds 64 bits. */
function loadOf(destination: Subfield, value: bigint): Action {
  if (destination.bits <= 64) return { kind: "load", destination, value };
  const { field, start, bits } = destination;
  const shift = BigInt(start);
  return { kind: "set_field", field, value: value << shift, mask: ((1n << BigInt(bits)) - 1n) << shift };
}

/** The flow as a trace tells it. */
function describe({ table, match, priority, newCookie, idleTimeout, hardTimeout, flags, actions }: FlowMod): string {
  const matchText = formatMatch(match);
  return [
    `table=${table}`,
    ...(matchText === "" ? [] : [matchText]),
    `priority=${priority}`,
    ...(newCookie ? [`cookie=0x${newCookie.toString(16)}`] : []),
    ...(idleTimeout === 0 ? [] : [`idle=${idleTimeout}`]),
    ...(hardTimeout === 0 ? [] : [`hard=${hardTimeout}`]),
    ...((flags & FlowFlag.sendFlowRemoved) === 0 ? [] : ["send_flow_rem"]),
    `actions=${formatActions(actions)}`,
  ].join(" ");
}
