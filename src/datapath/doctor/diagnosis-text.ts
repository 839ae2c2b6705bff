import type { Diagnosis, Finding } from "./diagnosis.js";

/** Indented rows with columns as wide as their widest cell; the last column is as it is. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map(
    (row) => `  ${row.map((cell, i) => (i < row.length - 1 ? cell.padEnd(widths[i]!) : cell)).join("  ")}`,
  );
}

function findingLines(findings: readonly Finding[]): string[] {
  const answer = ({ works }: Finding): string => (works === null ? "unknown" : works ? "yes" : "no");
  const lines = columns(findings.map((found) => [found.title, answer(found), found.reason]));
  return findings.flatMap((found, i) => (found.advice === "" ? [lines[i]!] : [lines[i]!, `    → ${found.advice}`]));
}

function kernelEngineText({ hostIsReady, missing, unknown, helpful }: Diagnosis["kernelEngine"]): string {
  const ready =
    hostIsReady === true
      ? "this host has what it needs"
      : hostIsReady === false
        ? `this host lacks what it needs: ${missing.join(", ")}`
        : `whether this host has what it needs cannot be told: ${unknown.join(", ")}`;
  return helpful.length === 0 ? ready : `${ready}; it would be better with ${helpful.join(", ")}`;
}

/** A diagnosis for people. */
export function formatDiagnosis(diagnosis: Diagnosis): string {
  const { canForward, reason, datapaths, kernelEngine, inputs, host, features } = diagnosis;
  const lines = [
    `This host ${canForward ? "can" : "cannot"} forward packets: ${reason}.`,
    "",
    "Datapaths",
    ...columns([
      ["netdev", "userspace engine"],
      [
        "system",
        datapaths.system === "kernel" ? "kernel engine" : "userspace engine, as the kernel engine cannot be here",
      ],
    ]),
    `  kernel engine: ${kernelEngineText(kernelEngine)}`,
    "",
    "How packets come in",
    ...columns(inputs.map((port) => [port.types.join(", "), port.input ?? "none", port.reason])),
    "",
    "This host",
    ...findingLines(host),
    "",
    "Its kernel's BPF",
    ...findingLines(features),
  ];
  return `${lines.join("\n")}\n`;
}
