import { TextForm, type TextHole, type TextHoleAt } from "./text-hole.js";

const number16 = { size: 2, max: 0xffff } as const;
const number32 = { size: 4, max: 0xffffffff } as const;
const number64 = { size: 8, bits: 64 } as const;

type Kind = { readonly forms: readonly TextForm[] } & Omit<TextHole, "form">;

const decimal: readonly TextForm[] = [TextForm.decimal];
const integer: readonly TextForm[] = [TextForm.hex, TextForm.decimal];
const mac: Kind = { forms: [TextForm.mac], size: 6 };
const ipv4: Kind = { forms: [TextForm.ipv4], size: 4 };
const ipv6: Kind = { forms: [TextForm.ipv6], size: 16 };
const transport: Kind = { forms: integer, ...number16 };
const register: Kind = { forms: integer, ...number32 };
const wide: Kind = { forms: integer, ...number64 };

const named = (names: string, kind: Kind): [string, Kind][] => names.split(/\s+/).map((name) => [name, kind]);

const patterns: readonly (readonly [TextForm, string])[] = [
  [TextForm.mac, "(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}"],
  [TextForm.hex, "0x[0-9a-fA-F]{1,16}"],
  [TextForm.ipv4, "\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}"],
  [TextForm.ipv6, "[0-9a-fA-F]*:[0-9a-fA-F:]*:[0-9a-fA-F]*"],
  [TextForm.decimal, "(?:0|[1-9]\\d{0,14})"],
];

/** What has no more bits has 15 decimal digits at most. */
const DECIMAL_BITS = 48;

type FieldKinds = ReadonlyMap<string, Kind>;

function fieldKinds(): [string, Kind][] {
  return [
    ...named("dl_src dl_dst eth_src eth_dst", mac),
    ...named("nw_src nw_dst ip_src ip_dst arp_spa arp_tpa tun_src tun_dst", ipv4),
    ...named("ipv6_src ipv6_dst", ipv6),
    ...named("tp_src tp_dst tcp_src tcp_dst udp_src udp_dst sctp_src sctp_dst", transport),
    ...named(Array.from({ length: 16 }, (_, i) => `reg${i}`).join(" "), register),
    ...named("metadata tun_id", wide),
  ];
}

/** What stands behind `word=` before the actions. */
function wordKinds(): FieldKinds {
  return new Map<string, Kind>([
    ...fieldKinds(),
    // All ones mean something else.
    ["cookie", { forms: integer, size: 8, bits: 60 }],
    ["table", { forms: decimal, size: 1, max: 254 }],
    ...named("priority idle_timeout hard_timeout", { forms: decimal, ...number16 }),
    ["in_port", { forms: decimal, size: 2, max: 0xfeff }],
    ["dl_vlan", { forms: decimal, size: 2, max: 0xfff }],
    ...named("ct_mark pkt_mark", register),
    ["ct_zone", { forms: integer, ...number16 }],
  ]);
}

/** An action with a value, and what the value is: the field that it goes to, and its last bit there, say it. */
type ActionPattern = readonly [pattern: RegExp, kind: (to: string, last: string) => Kind | undefined];

const value = `(${patterns.map(([, pattern]) => pattern).join("|")})`;

function actionPatterns(): ActionPattern[] {
  const settable: FieldKinds = new Map(fieldKinds());
  const action = (text: string, behind = "(?=[,)]|$)"): RegExp => new RegExp(`(?<=[=,(])${text}${behind}`, "gd");
  return [
    [action(`output:${value}`), () => ({ forms: decimal, size: 2, max: 0xfeff })],
    [action(`set_queue:${value}`), () => ({ forms: decimal, ...number32 })],
    [action(`group:${value}`), () => ({ forms: decimal, size: 4, max: 0xfffffeff })],
    [action(`mod_dl_(?:src|dst):${value}`), () => mac],
    [action(`mod_nw_(?:src|dst):${value}`), () => ipv4],
    [action(`resubmit\\(,${value}`, "(?=\\))"), () => ({ forms: decimal, size: 1, max: 254 })],
    [action(`ct\\((?:[a-z]+,|table=\\d+,)*zone=${value}`, "(?=[,)])"), () => ({ forms: decimal, ...number16, min: 1 })],
    [action(`set_field:${value}->(\\w+)`), (to) => settable.get(to)],
    [
      action(`load:${value}->(NXM_NX_REG\\d+|reg\\d+)\\[0\\.\\.(\\d+)\\]`),
      (_to, last) => ({ forms: integer, size: 8, bits: Number(last) + 1 }),
    ],
  ];
}

/** Finds what may be another in flows' texts. Making one takes longer than small programs should begin with. */
export class FlowGrammar {
  readonly #forms = patterns.map(([form, pattern]) => [form, new RegExp(`^${pattern}$`)] as const);
  readonly #word = new RegExp(`(?<=^|,)([a-z_0-9]+)=${value}(?=[,/])`, "gd");
  readonly #words = wordKinds();
  readonly #actions = actionPatterns();

  /** The holes of a flow's text, in their order. */
  holes(line: string): TextHoleAt[] {
    const middle = line.indexOf("actions=");
    if (middle < 0) return [];
    const found: (TextHoleAt | undefined)[] = [];
    for (const word of line.slice(0, middle).matchAll(this.#word)) {
      const [, name = ""] = word;
      // Where a flow goes to another table, it matters which table it is in.
      const isFixed = name === "table" && line.includes("goto_table");
      if (!isFixed) found.push(this.#hole(word.indices![2]!, line, this.#words.get(name)));
    }
    for (const [pattern, kind] of this.#actions) {
      for (const action of line.matchAll(pattern)) {
        const [, , to = "", last = ""] = action;
        if (action.index >= middle) found.push(this.#hole(action.indices![1]!, line, kind(to, last)));
      }
    }
    return found.filter((hole) => hole !== undefined).sort((a, b) => a.start - b.start);
  }

  #hole([start, end]: readonly [number, number], line: string, kind: Kind | undefined): TextHoleAt | undefined {
    const text = line.slice(start, end);
    const form = this.#forms.find(([, pattern]) => pattern.test(text))?.[0];
    if (kind === undefined || form === undefined || !kind.forms.includes(form)) return undefined;
    const { forms: _forms, bits = 64, ...rest } = kind;
    const most = form === TextForm.decimal ? Math.min(bits, DECIMAL_BITS) : bits;
    return { hole: { form, ...rest, bits: most }, start, end };
  }
}
