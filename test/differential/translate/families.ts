import { headers } from "./header-families.js";
import type { Flows } from "./switches.js";
import { ways } from "./way-families.js";

/** Flows and the packets to trace through them. */
export interface Family {
  readonly name: string;
  readonly flows: Flows;
  /** Words of `ofproto/trace` after the bridge. */
  readonly packets: readonly string[];
}

/**
 * Families from text: `= NAME`, then flows, a line each (`br1 ` before those of the other bridge, `OF10` where they are said in OpenFlow 1.0), then `? PACKET`
 * lines.
 */
export function parseFamilies(text: string): Family[] {
  return text
    .split(/^= /m)
    .slice(1)
    .map((part) => {
      const [name = "", ...lines] = part.split("\n").map((line) => line.trim());
      const flowLines = lines.filter((l) => l !== "" && l !== "OF10" && !l.startsWith("? "));
      return {
        name,
        flows: {
          version: lines.includes("OF10") ? 10 : 15,
          br0: flowLines.filter((l) => !l.startsWith("br1 ")),
          br1: flowLines.filter((l) => l.startsWith("br1 ")).map((l) => l.slice(4)),
        },
        packets: lines.filter((l) => l.startsWith("? ")).map((l) => l.slice(2)),
      };
    });
}

export const families: readonly Family[] = parseFamilies(headers + ways);
