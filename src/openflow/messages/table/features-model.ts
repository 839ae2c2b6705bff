import type { OtherProperty } from "../property.js";
import type { RawText } from "../raw-text.js";
import type { FieldSet } from "./field-set.js";

/** What may become of packets that no flow of a table matches; `default` is what OpenFlow 1.3 and later have. */
export type MissConfig = "default" | "controller" | "continue" | "drop";

/** What actions may be in a list of them. */
export interface ActionFeatures {
  /** Names of actions, as tables tell them. */
  readonly actions: readonly string[];
  readonly setFields: FieldSet;
}

/** What instructions flows may have. */
export interface InstructionFeatures {
  /** Tables that a flow may go to, rising. */
  readonly next: readonly number[];
  /** Names of instructions. */
  readonly instructions: readonly string[];
  readonly write: ActionFeatures;
  readonly apply: ActionFeatures;
}

/** What a request of OpenFlow 1.5 does with the features it tells. */
export type FeaturesCommand = "replace" | "modify" | "enable" | "disable";

/** What a table can do. */
export interface TableFeatures {
  readonly table: number;
  readonly name: RawText;
  readonly metadataMatch: bigint;
  readonly metadataWrite: bigint;
  readonly miss: MissConfig;
  /** Known since OpenFlow 1.4. */
  readonly eviction?: boolean;
  readonly vacancy?: boolean;
  readonly maxEntries: number;
  /** Of flows that match something. */
  readonly nonMiss: InstructionFeatures;
  /** Of the flow that matches all. */
  readonly onMiss: InstructionFeatures;
  readonly match: FieldSet;
  /** Fields that may have any mask. */
  readonly mask: FieldSet;
  /** Fields that need not be matched. */
  readonly wildcard: FieldSet;
  /** OpenFlow 1.5: what a request does, and flags of directions. */
  readonly command?: FeaturesCommand;
  readonly flags?: number;
  /** Properties that are not understood here. */
  readonly others?: readonly OtherProperty[];
}

/** No instruction. */
export const noInstructions: InstructionFeatures = {
  next: [],
  instructions: [],
  write: { actions: [], setFields: [] },
  apply: { actions: [], setFields: [] },
};

const NO_TABLE = -1;

const sameList = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a === b || (a.length === b.length && a.every((x, i) => x === b[i]));

/** True where the actions of two lists are the same. */
export function sameActions(a: ActionFeatures, b: ActionFeatures): boolean {
  return sameList(a.actions, b.actions) && sameList(a.setFields, b.setFields);
}

/** True where the same is allowed, but that the one before may also go to table `behind`. */
function sameInstructionsBehind(before: InstructionFeatures, now: InstructionFeatures, behind: number): boolean {
  return (
    sameList(before.instructions, now.instructions) &&
    sameActions(before.write, now.write) &&
    sameActions(before.apply, now.apply) &&
    sameNext(before.next, now.next, behind)
  );
}

function sameNext(before: readonly number[], now: readonly number[], behind: number): boolean {
  if (sameList(before, now)) return true;
  return (
    !now.includes(behind) &&
    sameList(
      before.filter((t) => t !== behind),
      now,
    )
  );
}

/** True where the same is allowed to flows. */
export function sameInstructions(a: InstructionFeatures, b: InstructionFeatures): boolean {
  return sameInstructionsBehind(a, b, NO_TABLE);
}

/** True where two tables allow the same, but that the one right before the other may go there. */
export function sameTableInstructions(before: TableFeatures, now: TableFeatures): boolean {
  const behind = before.table + 1 === now.table ? now.table : NO_TABLE;
  return (
    sameInstructionsBehind(before.nonMiss, now.nonMiss, behind) &&
    sameInstructionsBehind(before.onMiss, now.onMiss, behind)
  );
}

/** True where two tables match the same. As upstream has it, which of them may have masks or be left out makes no difference. */
export function sameMatching(a: TableFeatures, b: TableFeatures): boolean {
  return sameList(a.match, b.match);
}

/** True where all is the same but the table's number and name, and that the one right before the other may go there. */
export function sameFeatures(before: TableFeatures, now: TableFeatures): boolean {
  return (
    before.metadataMatch === now.metadataMatch &&
    before.metadataWrite === now.metadataWrite &&
    before.miss === now.miss &&
    before.eviction === now.eviction &&
    before.vacancy === now.vacancy &&
    before.maxEntries === now.maxEntries &&
    sameTableInstructions(before, now) &&
    sameMatching(before, now)
  );
}
