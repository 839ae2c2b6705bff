import { hexText } from "../../number-text.js";
import {
  type ActionFeatures,
  type InstructionFeatures,
  sameActions,
  sameFeatures,
  sameInstructions,
  sameMatching,
  sameTableInstructions,
  type TableFeatures,
} from "./features-model.js";
import { formatNames } from "./field-names.js";
import { tableTitle } from "./table-title.js";

/** A table among others, as text shows it. */
export interface ShownTable {
  readonly table: number;
  readonly title: string;
  /** Whether the title names it: then it is never one of a range. */
  readonly named: boolean;
  /** Undefined where it is the same as the one before. */
  readonly lines: readonly string[] | undefined;
}

/** Tables one after the other: those that are as the one before are "ditto", many in a row are a range. Each begins with a line end. */
export function formatTables(tables: readonly ShownTable[]): string {
  let text = "";
  for (let i = 0; i < tables.length; i++) {
    const { title, named, lines } = tables[i]!;
    if (lines !== undefined) text += `\n  table ${title}:\n${lines.map((line) => `${line}\n`).join("")}`;
    else if (named) text += `\n  table ${title}: ditto`;
    else {
      const first = i;
      while (isUnnamedDitto(tables[i + 1])) i++;
      const range =
        tables[first]!.table === tables[i]!.table ? `table ${title}` : `tables ${title}...${tables[i]!.title}`;
      text += `\n  ${range}: ditto\n`;
    }
  }
  return text;
}

const isUnnamedDitto = (table: ShownTable | undefined): boolean =>
  table !== undefined && table.lines === undefined && !table.named;

/** Tables with what they can do, and what is to be done with the first's features. */
export function formatTableFeatures(tables: readonly TableFeatures[]): string {
  const command = tables[0]?.command ?? "replace";
  const list = formatTables(
    tables.map((features, i): ShownTable => {
      const before = tables[i - 1];
      const isSame = before !== undefined && sameFeatures(before, features);
      return {
        table: features.table,
        title: tableTitle(features.table, features.name),
        named: features.name !== "",
        lines: isSame ? undefined : featureLines(features, before),
      };
    }),
  );
  return command === "replace" ? list : `\n  command: ${command}${list}`;
}

/** The lines of one table, given the one before it. */
export function featureLines(now: TableFeatures, before: TableFeatures | undefined): string[] {
  const lines: string[] = [];
  if (now.metadataMatch !== 0n || now.metadataWrite !== 0n) {
    lines.push(`    metadata: match=${hexText(now.metadataMatch)} write=${hexText(now.metadataWrite)}`);
  }
  if (now.miss !== "default") lines.push(`    config=${now.miss}`);
  if (now.eviction !== undefined) lines.push(`    eviction: ${now.eviction ? "" : "not "}supported`);
  if (now.vacancy !== undefined) lines.push(`    vacancy events: ${now.vacancy ? "" : "not "}supported`);
  if (now.maxEntries !== 0) lines.push(`    max_entries=${now.maxEntries}`);
  return [...lines, ...instructionLines(now, before), ...matchingLines(now, before)];
}

function instructionLines(now: TableFeatures, before: TableFeatures | undefined): string[] {
  if (before !== undefined && sameTableInstructions(before, now)) {
    const hasAny = instructionFeatureLines(now.nonMiss, undefined).length > 0;
    return hasAny ? ["    (same instructions)"] : [];
  }
  if (sameInstructions(now.nonMiss, now.onMiss)) {
    const lines = instructionFeatureLines(now.nonMiss, before?.nonMiss);
    return lines.length === 0 ? [] : ["    instructions (table miss and others):", ...lines];
  }
  return [
    "    instructions (other than table miss):",
    ...instructionFeatureLines(now.nonMiss, before?.nonMiss),
    "    instructions (table miss):",
    ...instructionFeatureLines(now.onMiss, before?.onMiss),
  ];
}

function instructionFeatureLines(now: InstructionFeatures, before: InstructionFeatures | undefined): string[] {
  const lines: string[] = [];
  if (now.next.length > 0) lines.push(`      next tables: ${formatRanges(now.next)}`);
  if (now.instructions.length > 0) {
    const isSame = before !== undefined && before.instructions.join(" ") === now.instructions.join(" ");
    lines.push(isSame ? "      (same instructions)" : `      instructions: ${now.instructions.join(" ")}`);
  }
  // Upstream repeats them where nothing may be set in Write-Actions.
  if (
    now.write.setFields.length > 0 &&
    before !== undefined &&
    sameActions(before.write, now.write) &&
    sameActions(before.apply, now.apply)
  ) {
    lines.push("      (same actions)");
  } else if (sameActions(now.write, now.apply)) {
    const inner = actionLines(now.write);
    if (inner.length > 0) lines.push("      Write-Actions and Apply-Actions features:", ...inner);
  } else {
    lines.push("      Write-Actions features:", ...actionLines(now.write));
    lines.push("      Apply-Actions features:", ...actionLines(now.apply));
  }
  return lines;
}

function actionLines({ actions, setFields }: ActionFeatures): string[] {
  return [
    ...(actions.length > 0 ? [`        actions: ${actions.join(" ")}`] : []),
    ...(setFields.length > 0 ? [`        supported on Set-Field: ${formatNames(setFields)}`] : []),
  ];
}

function matchingLines(now: TableFeatures, before: TableFeatures | undefined): string[] {
  if (now.match.length === 0) return [];
  if (before !== undefined && sameMatching(before, now)) return ["    (same matching)"];
  const masked = new Set(now.mask);
  const optional = new Set(now.wildcard);
  const kinds = [
    ["arbitrary mask", now.match.filter((name) => masked.has(name))],
    ["exact match or wildcard", now.match.filter((name) => !masked.has(name) && optional.has(name))],
    ["must exact match", now.match.filter((name) => !masked.has(name) && !optional.has(name))],
  ] as const;
  const shown = kinds.filter(([, names]) => names.length > 0);
  return ["    matching:", ...shown.map(([kind, names]) => `      ${kind}: ${formatNames(names)}`)];
}

/** `1-3,5` */
function formatRanges(numbers: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < numbers.length; i++) {
    const first = numbers[i]!;
    while (numbers[i + 1] === numbers[i]! + 1) i++;
    const last = numbers[i]!;
    parts.push(first === last ? String(first) : `${first}-${last}`);
  }
  return parts.join(",");
}
