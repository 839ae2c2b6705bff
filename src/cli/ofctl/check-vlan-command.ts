import { getField } from "#flow/access.js";
import { field } from "#flow/fields/table.js";
import { W } from "#flow/layout.js";
import { type Match, newMatch } from "#flow/match.js";
import { decodeMatch, decodeNxMatch, encodeMatch, encodeNxMatch } from "#openflow/match/match-codec.js";
import { formatTlvs } from "#openflow/match/tlv-text.js";
import { formatMatch } from "#openflow/match-text.js";
import { OF10, OF11, OF12 } from "#openflow/version.js";
import { WireReader } from "#openflow/wire-reader.js";
import { decoded, written } from "./match-commands.js";
import type { OfctlCommand, OfctlContext } from "./ofctl-command.js";

const hex16 = (value: number): string => value.toString(16).padStart(4, "0");
const hex8 = (value: number): string => value.toString(16).padStart(2, "0");

/** Bits of a TCI that say which VLAN, and whether there is a tag. */
const VID_BITS = 0x1fff;

/** The outermost TCI of a match and its mask. */
const tciText = ({ key, mask }: Match): string => `${hex16(key[W.vlan0]! & 0xffff)}/${hex16(mask[W.vlan0]! & 0xffff)}`;

/** As C reads hexadecimal numbers, 16 bits of them. */
function hexNumber(text: string): number {
  const [, sign, digits = "0"] = /^\s*([-+]?)(?:0[xX](?=[0-9a-fA-F]))?([0-9a-fA-F]*)/.exec(text)!;
  const value = Number.parseInt(digits.slice(-8) || "0", 16);
  return (sign === "-" ? -value : value) & 0xffff;
}

/** How TLVs of OpenFlow 1.0 or 1.2 say the match, and what is read of that. */
function tlvForm(context: OfctlContext, match: Match, isNxm: boolean): string {
  let length = 0;
  const bytes = written((w) => {
    if (isNxm) length = encodeNxMatch(match, w);
    else encodeMatch(match, OF12, w);
  });
  if (!isNxm) length = (bytes[2]! << 8) | bytes[3]!;
  const read = decoded(context, () =>
    isNxm ? decodeNxMatch(new WireReader(bytes), length).match : decodeMatch(new WireReader(bytes), OF12),
  );
  const shown = formatTlvs(bytes.subarray(isNxm ? 0 : 4, length));
  if ("error" in read) return `${shown} -> ${read.error}`;
  if (isNxm) return `${shown} -> ${tciText(read.value)}`;
  const { key, mask } = read.value;
  const pcp = field("vlan_pcp");
  const pcpText = getField(mask, pcp) === 0 ? "--" : hex8(getField(key, pcp));
  return `${shown} -> ${hex16(key[W.vlan0]! & VID_BITS)}/${hex16(mask[W.vlan0]! & VID_BITS)},${pcpText}`;
}

/** Where a fixed form has `dl_vlan`, and the bits of its wildcards that speak of it and of `dl_vlan_pcp`, which follows. */
interface FixedForm {
  readonly version: typeof OF10 | typeof OF11;
  readonly wildcards: number;
  readonly vlan: number;
  readonly vlanBit: number;
  readonly pcpBit: number;
}

const fixedForms: readonly FixedForm[] = [
  { version: OF10, wildcards: 0, vlan: 18, vlanBit: 1, pcpBit: 20 },
  { version: OF11, wildcards: 8, vlan: 36, vlanBit: 1, pcpBit: 2 },
];

function fixedForm(match: Match, { version, wildcards, vlan, vlanBit, pcpBit }: FixedForm): string {
  const bytes = written((w) => encodeMatch(match, version, w));
  const r = new WireReader(bytes);
  r.skip(wildcards);
  const wild = r.u32();
  r.skip(vlan - r.at);
  const [vid, pcp] = [r.u16(), r.u8()];
  const read = decodeMatch(new WireReader(bytes), version);
  const isWild = (bit: number): number => (wild >>> bit) & 1;
  return `${hex16(vid)}/${isWild(vlanBit)},${hex8(pcp)}/${isWild(pcpBit)} -> ${tciText(read)}`;
}

/** Shows how each form of matches says a TCI under a mask, and what is read of it again. */
export const checkVlan: OfctlCommand = {
  name: "check-vlan",
  usage: "",
  minArgs: 2,
  maxArgs: 2,
  readOnly: true,
  run: ([tciWord = "", maskWord = ""], context) => {
    const { io, settings } = context;
    const match = newMatch();
    match.mask[W.vlan0] = hexNumber(maskWord);
    match.key[W.vlan0] = hexNumber(tciWord) & match.mask[W.vlan0]!;
    const forms = {
      match: `${formatMatch(match)} -> ${tciText(match)}`,
      nxm: tlvForm(context, match, true),
      oxm: tlvForm(context, match, false),
      of10: fixedForm(match, fixedForms[0]!),
      of11: fixedForm(match, fixedForms[1]!),
    };
    if (settings.json) io.stdout(`${JSON.stringify(forms)}\n`);
    else {
      io.stdout(`${forms.match}\nNXM: ${forms.nxm}\nOXM: ${forms.oxm}\nOF1.0: ${forms.of10}\nOF1.1: ${forms.of11}\n`);
    }
    return 0;
  },
};
