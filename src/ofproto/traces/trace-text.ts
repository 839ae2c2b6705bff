import { formatTrace, type TraceNode } from "../translate/trace.js";

/** The answer of `ofproto/trace`: `--format json` gives it as it is (docs/guides/tracing.md), keys may be added. */
export type Traced = {
  /** The packet as it came in. */
  readonly flow: string;
  readonly steps: readonly TraceNode[];
  /** The packet as it was in the end; null where nothing was changed. */
  readonly finalFlow: string | null;
  readonly megaflow: string;
  /** Of the datapath; `drop` for none. */
  readonly actions: string;
  /** Why packets of the flow cannot be left to the datapath. */
  readonly slow: readonly string[];
  /** Why the translation is void. */
  readonly error: string | null;
  /** The reason, as `ofproto/drops` names it, where there are no actions. */
  readonly dropped: string | null;
  /** How copies go on that went through connection tracking, in the order in which they come back. */
  readonly recirculations?: readonly (Traced & { readonly title: string })[];
};

const RULE = "=".repeat(79);

/** A trace in upstream's words. */
export function formatTraced(t: Traced): string {
  const parts = (t.recirculations ?? []).map((r) => `\n${RULE}\n${r.title}\n${RULE}\n\n${formatOne(r)}`);
  return [formatOne(t), ...parts].join("");
}

function formatOne(t: Traced): string {
  const final = `Final flow: ${t.finalFlow ?? "unchanged"}\nMegaflow: ${t.megaflow}\nDatapath actions: ${t.actions}\n`;
  return `Flow: ${t.flow}\n${formatTrace(t.steps)}\n${final}${remarks(t)}`;
}

function remarks({ error, slow }: Traced): string {
  if (error !== null) return `Translation failed (${error}), packet is dropped.\n`;
  if (slow.length === 0) return "";
  const reasons = slow.map((reason) => `  - ${reason}\n`).join("");
  return `This flow is handled by the userspace slow path because it:\n${reasons}`;
}
