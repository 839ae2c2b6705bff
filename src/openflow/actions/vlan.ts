import { field } from "#flow/fields/table.js";
import { UserError } from "#util/errors.js";
import { hex16 } from "#util/hex.js";
import { OfpError } from "../ofp-error.js";
import { OF10, OF11, OF12, only, since } from "../version.js";
import type { ActionRow } from "./action.js";
import { parseU8, parseU16 } from "./argument.js";
import { bare, numberForm, of, readAs } from "./wire-form.js";

/** Takes the outermost VLAN header off. */
export interface StripVlan {
  readonly kind: "strip_vlan";
  /** It is called `pop_vlan`, as OpenFlow 1.1 and later do. */
  readonly pops?: true;
}

const pop: StripVlan = { kind: "strip_vlan", pops: true };

/** Puts a VLAN header on. */
export interface PushVlan {
  readonly kind: "push_vlan";
  /** 0x8100 or 0x88a8. */
  readonly ethertype: number;
}

/** Writes one part of the VLAN header. `pushes`: the header is made where there is none, as OpenFlow 1.0 has it. */
export interface SetVlan {
  readonly kind: "set_vlan_vid" | "set_vlan_pcp";
  readonly value: number;
  readonly pushes: boolean;
  /** There is a header already, as the flow's match or an action before says: by `resolveActions`. */
  readonly hasHeader?: true;
}

export const stripVlan: ActionRow<StripVlan> = {
  kind: "strip_vlan",
  wire: [bare<StripVlan>({ kind: "strip_vlan" }, of(only(OF10), 3)), bare(pop, of(since(OF11), 18))],
  format: ({ pops }) => (pops ? "pop_vlan" : "strip_vlan"),
  parse: { strip_vlan: () => ({ kind: "strip_vlan" }), pop_vlan: () => pop },
};

const isVlanType = (type: number): boolean => type === 0x8100 || type === 0x88a8;
export const pushVlan: ActionRow<PushVlan> = {
  kind: "push_vlan",
  wire: [
    numberForm(
      [of(since(OF11), 17)],
      16,
      0,
      (a) => a.ethertype,
      (ethertype) => {
        if (!isVlanType(ethertype)) throw new OfpError("OFPBAC_BAD_ARGUMENT");
        return { kind: "push_vlan", ethertype };
      },
    ),
  ],
  format: ({ ethertype }) => `push_vlan:${hex16(ethertype)}`,
  parse: {
    push_vlan: (text) => {
      const ethertype = parseU16(text, "ethertype");
      if (!isVlanType(ethertype)) throw new UserError(`${text}: not a valid VLAN ethertype`);
      return { kind: "push_vlan", ethertype };
    },
  },
};

function setVlan(kind: SetVlan["kind"], bits: 8 | 16, max: number, number: number, say: VlanText): ActionRow<SetVlan> {
  const make = (value: number, pushes: boolean): SetVlan => {
    if (value > max) throw new OfpError("OFPBAC_BAD_ARGUMENT");
    return { kind, value, pushes };
  };
  const read = (text: string): number => {
    const value = bits === 8 ? parseU8(text, say.name) : parseU16(text, say.name);
    if (value > max) throw new UserError(`${text}: not a valid ${say.name}`);
    return value;
  };
  return {
    kind,
    wire: [
      numberForm(
        [of(only(OF10), number)],
        bits,
        0,
        (a) => a.value,
        (n) => make(n, true),
      ),
      numberForm(
        [of(only(OF11), number), readAs(of(since(OF12), number))],
        bits,
        0,
        (a) => a.value,
        (n) => make(n, false),
        (a) => !a.pushes,
      ),
    ],
    instead: ({ value, pushes, hasHeader }, version) => {
      if (pushes) {
        const set: SetVlan = { kind, value, pushes: false };
        return hasHeader ? [set] : [{ kind: "push_vlan", ethertype: 0x8100 }, set];
      }
      if (version === OF11) return undefined;
      const f = field(kind.slice(4));
      const whole = BigInt(kind === "set_vlan_vid" ? value | 0x1000 : value);
      return [{ kind: "set_field", field: f, value: whole, mask: kind === "set_vlan_vid" ? 0x1fffn : 7n }];
    },
    format: ({ value, pushes }) => `${pushes ? say.mod : kind}:${value}`,
    parse: {
      [say.mod]: (text) => ({ kind, value: read(text), pushes: true }),
      [kind]: (text) => ({ kind, value: read(text), pushes: false }),
    },
  };
}

interface VlanText {
  readonly mod: string;
  readonly name: string;
}

export const setVlanVid: ActionRow<SetVlan> = setVlan("set_vlan_vid", 16, 0xfff, 1, {
  mod: "mod_vlan_vid",
  name: "VLAN VID",
});
export const setVlanPcp: ActionRow<SetVlan> = setVlan("set_vlan_pcp", 8, 7, 2, {
  mod: "mod_vlan_pcp",
  name: "VLAN PCP",
});
