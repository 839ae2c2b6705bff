import { type Bits, wordMask } from "#flow/access.js";
import { newMatch } from "#flow/match.js";
import type { TranslationContext } from "./context.js";

/** Fields that one `set` of the datapath can write. */
export interface SetForm {
  readonly fields: readonly Bits[];
  /** All of the fields are written together, whichever of them changed. */
  readonly whole?: true;
  /** What was looked at is written too. */
  readonly looked?: true;
  /** The datapath has no such `set`: packets of the flow are handled in userspace. */
  readonly slow?: true;
}

/** Bit of `slowPathReasons` for actions that datapaths lack. */
export const SLOW_ACTION: number = 1 << 5;

/**
 * Emits a `set` of those fields that differ between what the datapath's packet has and what it shall have; none where all are equal. The set's mask is what was
 * looked at of each field, so that the bits that no action wrote stay each packet's own.
 */
export function commitSet(ctx: TranslationContext, form: SetForm): void {
  const { flow, base, mask } = ctx;
  if (!isChanged(ctx, form)) return;
  const { key: value, mask: written } = newMatch();
  for (const f of form.fields) {
    if (!form.whole && !form.looked && !differs(flow, base, f)) continue;
    for (let i = 0; i < f.words; i++) {
      const bits = wordMask(f, i);
      const w = f.word + i;
      const changed = (flow[w]! ^ base[w]!) & bits;
      mask[w] = mask[w]! | (form.whole ? bits : changed);
      const looked = mask[w]! & bits;
      value[w] = value[w]! | (flow[w]! & looked);
      written[w] = written[w]! | looked;
      base[w] = (base[w]! & ~bits) | (flow[w]! & bits);
    }
  }
  if (form.slow) ctx.slow |= SLOW_ACTION;
  ctx.actions.push({ kind: "set", value, mask: written });
}

/** Whether actions have changed what a `set` of this form would write. */
export function isChanged({ flow, base }: TranslationContext, form: SetForm): boolean {
  return form.fields.some((f) => differs(flow, base, f));
}

function differs(a: Uint32Array, b: Uint32Array, f: Bits): boolean {
  for (let i = 0; i < f.words; i++) if (((a[f.word + i]! ^ b[f.word + i]!) & wordMask(f, i)) !== 0) return true;
  return false;
}
