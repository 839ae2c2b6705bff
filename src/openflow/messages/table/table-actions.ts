import { OF11, OF13, type Version } from "../../version.js";

/** What tables tell of actions, in the order in which they tell it; and the numbers since OpenFlow 1.2, in 1.1. */
const actions: readonly (readonly [name: string, since12: number | undefined, of11: number | undefined])[] = [
  ["output", 0, 0],
  ["group", 22, 22],
  ["set_field", 25, undefined],
  ["set_vlan_vid", undefined, 1],
  ["set_vlan_pcp", undefined, 2],
  ["strip_vlan", 18, 18],
  ["push_vlan", 17, 17],
  ["mod_dl_src", undefined, 3],
  ["mod_dl_dst", undefined, 4],
  ["mod_nw_src", undefined, 5],
  ["mod_nw_dst", undefined, 6],
  ["mod_nw_tos", undefined, 7],
  ["mod_nw_ecn", undefined, 8],
  ["mod_nw_ttl", 23, 23],
  ["mod_tp_src", undefined, 9],
  ["mod_tp_dst", undefined, 10],
  ["dec_ttl", 24, 24],
  ["set_mpls_label", undefined, 13],
  ["set_mpls_tc", undefined, 14],
  ["set_mpls_ttl", 15, 15],
  ["dec_mpls_ttl", 16, 16],
  ["push_mpls", 19, 19],
  ["pop_mpls", 20, 20],
  ["set_queue", 21, 21],
];

/** Names of the actions that tables may tell of, in that order. */
export const actionNames: readonly string[] = actions.map(([name]) => name);

/** Since OpenFlow 1.3. */
const METER = 6;

const instructions: readonly (readonly [name: string, type: number])[] = [
  ["meter", METER],
  ["apply_actions", 4],
  ["clear_actions", 5],
  ["write_actions", 3],
  ["write_metadata", 2],
  ["goto_table", 1],
];

const numberIn = (row: (typeof actions)[number], version: Version): number | undefined =>
  version === OF11 ? row[2] : row[1];

/** Names of the actions that have these numbers; unknown ones are left out. */
export function actionsOf(has: (type: number) => boolean, version: Version): readonly string[] {
  return actions.filter((row) => has(numberIn(row, version) ?? -1)).map(([name]) => name);
}

/** The numbers of actions, rising; those that the version has no number for are left out. */
export function actionTypes(names: readonly string[], version: Version): readonly number[] {
  const found = actions.filter(([name]) => names.includes(name)).map((row) => numberIn(row, version));
  return found.filter((type) => type !== undefined).sort((a, b) => a - b);
}

/** Names of the instructions that have these numbers; unknown ones are left out. */
export function instructionsOf(has: (type: number) => boolean): readonly string[] {
  return instructions.filter(([, type]) => has(type)).map(([name]) => name);
}

/** The numbers of instructions, rising; those that the version does not have are left out. */
export function instructionTypes(names: readonly string[], version: Version): readonly number[] {
  const last = version < OF13 ? METER - 1 : METER;
  return instructions
    .filter(([name, type]) => names.includes(name) && type <= last)
    .map(([, type]) => type)
    .sort((a, b) => a - b);
}
