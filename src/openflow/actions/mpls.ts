import { field } from "#flow/fields/table.js";
import { UserError } from "#util/errors.js";
import { hex16 } from "#util/hex.js";
import { parseUnsigned } from "../number-text.js";
import { OfpError } from "../ofp-error.js";
import { between, OF10, OF11, OF12, only, since, type VersionRange } from "../version.js";
import type { ActionRow } from "./action.js";
import { parseU16 } from "./argument.js";
import { type ActionNumber, bare, numberForm, nx, of, readAs } from "./wire-form.js";

/** Actions on the outermost MPLS label. `value`: an Ethernet type to push or pop, or what to write. */
export type MplsAction =
  | {
      readonly kind: "push_mpls" | "pop_mpls" | "set_mpls_label" | "set_mpls_tc" | "set_mpls_ttl";
      readonly value: number;
    }
  | { readonly kind: "dec_mpls_ttl" };

type WithValue = Extract<MplsAction, { value: number }>;

function checkPush(value: number): number {
  if (value !== 0x8847 && value !== 0x8848) throw new OfpError("OFPBAC_BAD_ARGUMENT");
  return value;
}

function typed(
  kind: "push_mpls" | "pop_mpls",
  ids: readonly ActionNumber[],
  check: (n: number) => number,
): ActionRow<WithValue> {
  const make = (value: number): WithValue => ({ kind, value: check(value) });
  const [old, later] = ids as [ActionNumber, ActionNumber];
  return {
    kind,
    wire: [numberForm([old], 16, 0, (a) => a.value, make), numberForm([later], 16, 0, (a) => a.value, make)],
    format: ({ value }) => `${kind}:${hex16(value)}`,
    parse: { [kind]: (text) => ({ kind, value: parseU16(text, "ethertype") }) },
  };
}

export const pushMpls: ActionRow<WithValue> = typed("push_mpls", [nx(only(OF10), 23), of(since(OF11), 19)], checkPush);
export const popMpls: ActionRow<WithValue> = typed("pop_mpls", [nx(only(OF10), 24), of(since(OF11), 20)], (n) => n);

interface Part {
  readonly kind: "set_mpls_label" | "set_mpls_tc" | "set_mpls_ttl";
  readonly name: string;
  readonly bits: 8 | 32;
  readonly max: number;
  readonly nicira: number;
  readonly standard: number;
  readonly range: VersionRange;
}

function set({ kind, name, bits, max, nicira, standard, range }: Part): ActionRow<WithValue> {
  // Bytes may have more than a packet has room for; upstream takes them.
  const make = (value: number): WithValue => ({ kind, value });
  const get = (a: WithValue): number => a.value;
  const later = range.last === OF11 ? [readAs(of(since(OF12), standard))] : [];
  return {
    kind,
    wire: [
      numberForm([nx(only(OF10), nicira)], bits, bits === 32 ? 2 : 0, get, make),
      numberForm([of(range, standard), ...later], bits, 0, get, make),
    ],
    instead: ({ value }) => {
      const f = field(kind.slice(4));
      const mask = (1n << BigInt(f.bits)) - 1n;
      return [{ kind: "set_field", field: f, value: BigInt(value) & mask, mask }];
    },
    format: ({ value }) => `${kind}(${value})`,
    parse: {
      [kind]: (text) => {
        const value = parseUnsigned(text, bits === 8 ? 0xff : 0xffffffff);
        if (value === undefined) throw new UserError(`invalid ${name} "${text}"`);
        if (value > max) throw new UserError(`${text}: not a valid ${name}`);
        return { kind, value };
      },
    },
  };
}

export const setMplsLabel: ActionRow<WithValue> = set({
  kind: "set_mpls_label",
  name: "MPLS label",
  bits: 32,
  max: 0xfffff,
  nicira: 30,
  standard: 13,
  range: only(OF11),
});
export const setMplsTc: ActionRow<WithValue> = set({
  kind: "set_mpls_tc",
  name: "MPLS TC",
  bits: 8,
  max: 7,
  nicira: 31,
  standard: 14,
  range: only(OF11),
});
export const setMplsTtl: ActionRow<WithValue> = set({
  kind: "set_mpls_ttl",
  name: "MPLS TTL",
  bits: 8,
  max: 0xff,
  nicira: 25,
  standard: 15,
  range: between(OF11, 6),
});

export const decMplsTtl: ActionRow<Extract<MplsAction, { kind: "dec_mpls_ttl" }>> = {
  kind: "dec_mpls_ttl",
  wire: [bare({ kind: "dec_mpls_ttl" }, nx(only(OF10), 26)), bare({ kind: "dec_mpls_ttl" }, of(since(OF11), 16))],
  format: () => "dec_mpls_ttl",
  parse: { dec_mpls_ttl: () => ({ kind: "dec_mpls_ttl" }) },
};
