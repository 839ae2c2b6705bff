import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Framing } from "#openflow/framing.js";
import type { Version } from "#openflow/version.js";

/** A command of ovs-ofctl, what went back and forth, and what it printed. */
export interface SwitchRecord {
  readonly version: Version;
  readonly command: string;
  /** Whole messages, as hex digits. */
  readonly requests: readonly string[];
  /** Whole messages, one after the other, compressed, in base64. */
  readonly replies: string;
  readonly printed: string;
}

interface Recorded {
  readonly release: string;
  readonly records: readonly SwitchRecord[];
}

/** What was recorded of a real switch. */
export const recorded: Recorded = JSON.parse(
  readFileSync(join(import.meta.dirname, "openflow-switch.json"), "utf8"),
) as Recorded;

/** The messages of a record's replies. */
export function repliesOf(record: SwitchRecord): Uint8Array[] {
  const framing = new Framing();
  framing.receive(gunzipSync(Buffer.from(record.replies, "base64")));
  const found: Uint8Array[] = [];
  for (let message = framing.next(); message !== undefined; message = framing.next())
    found.push(Uint8Array.from(message));
  return found;
}
