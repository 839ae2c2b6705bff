import type { CtAction, CtNat, DatapathAction } from "#datapath/actions.js";
import { W } from "#flow/layout.js";
import type { Ct } from "#openflow/actions/ct.js";
import type { Nat } from "#openflow/actions/nat.js";
import { wordBytes } from "#util/big-endian.js";
import { commit } from "../commit.js";
import type { TranslationContext } from "../context.js";
import { forkToTable } from "../freeze.js";
import { readNumber } from "../subfield.js";
import { clearConntrack } from "./ct-clear.js";

/** `table` of a `ct` that does not go on in one. */
const NO_TABLE = 255;

const helpers: ReadonlyMap<number, "ftp" | "tftp"> = new Map([
  [21, "ftp"],
  [69, "tftp"],
]);

const LABEL_WORDS = 4;

/**
 * `ct`: the packet goes through connection tracking. With a table, a copy that knows its connection goes on there; what is left is done with the
 * packet as it would be untracked.
 */
export function translateCt(ctx: TranslationContext, action: Ct): void {
  commit(ctx);
  const zone = typeof action.zone === "number" ? action.zone : readNumber(ctx, action.zone);
  const written = runNested(ctx, action);
  const nat = natOf(action.actions.find((a) => a.kind === "nat"));
  const helper = helpers.get(action.alg);
  const timeout = action.commit ? ctx.world.timeoutPolicy(zone) : undefined;
  const track: CtAction = {
    kind: "ct",
    zone,
    commit: action.commit,
    force: action.force,
    ...(written.mark && { mark: written.mark }),
    ...(written.label && { label: written.label }),
    ...(helper && { helper }),
    ...(timeout !== undefined && { timeout }),
    ...(nat && { nat }),
  };
  ctx.actions.push(track as DatapathAction);
  if (action.table !== NO_TABLE) {
    const flow = ctx.flow.slice();
    if (written.mark) flow[W.ctMark] = written.mark.value;
    if (written.label) flow.set(written.label.value, W.ctLabel);
    forkToTable(ctx, action.table, { flow, zone, nat });
    ctx.trace?.note(
      ` -> A clone of the packet is forked to recirculate. The forked pipeline will be resumed at table ${action.table}.`,
    );
  }
  ctx.trace?.note(" -> Sets the packet to an untracked state, and clears all the conntrack fields.");
  clearConntrack(ctx);
}

type Written = Pick<CtAction, "mark" | "label">;

/** Does what is to be done with the connection's mark and label, and gives the bits that are written; the packet's own are not. */
function runNested(ctx: TranslationContext, { actions }: Ct): Written {
  const { flow, mask } = ctx;
  const end = W.ctLabel + LABEL_WORDS;
  const [before, looked] = [flow.slice(W.ctMark, end), mask.slice(W.ctMark, end)];
  mask.fill(0, W.ctMark, end);
  if (actions.length === 0) {
    ctx.trace?.enter("action", "drop");
    ctx.trace?.leave();
  }
  ctx.pipeline.runActions(ctx, actions);
  const bits = (from: number, count: number): { value: number[]; mask: number[] } => ({
    value: [...flow.subarray(from, from + count)].map((word, i) => (word & mask[from + i]!) >>> 0),
    mask: [...mask.subarray(from, from + count)],
  });
  const [mark, label] = [bits(W.ctMark, 1), bits(W.ctLabel, LABEL_WORDS)];
  flow.set(before, W.ctMark);
  mask.set(looked, W.ctMark);
  return {
    ...(mark.mask[0] !== 0 && { mark: { value: mark.value[0]!, mask: mark.mask[0]! } }),
    ...(label.mask.some((word) => word !== 0) && { label }),
  };
}

function natOf(nat: Nat | undefined): CtNat | undefined {
  if (nat === undefined) return undefined;
  const { side, addresses, ports, persistent, method } = nat;
  return {
    side,
    persistent,
    method,
    ...(addresses && {
      addresses: { first: wordBytes(addresses.first), last: wordBytes(addresses.last ?? addresses.first) },
    }),
    ...(ports && { ports: { first: ports.first, last: ports.last ?? ports.first } }),
  };
}
