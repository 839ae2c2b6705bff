import type { Match } from "#flow/match.js";
import { decodeMatch, decodeNxMatch, encodeMatch, encodeNxMatch, type NxMatch } from "#openflow/match/match-codec.js";
import { decodeOfp11Match } from "#openflow/match/ofp11.js";
import { parseTlvs } from "#openflow/match/tlv-parse.js";
import { formatTlvs } from "#openflow/match/tlv-text.js";
import { formatMatch } from "#openflow/match-text.js";
import { bareHexDump } from "#openflow/messages/hex-dump.js";
import { OfpError } from "#openflow/ofp-error.js";
import { OF10, OF11, OF12, parseVersionName, type Version } from "#openflow/version.js";
import { WireReader } from "#openflow/wire-reader.js";
import { WireWriter } from "#openflow/wire-writer.js";
import { UserError } from "#util/errors.js";
import { byteDifferences } from "./byte-differences.js";
import { complaints } from "./complaints.js";
import { meaningfulHex } from "./hex-lines.js";
import type { OfctlCommand, OfctlContext } from "./ofctl-command.js";

const TYPE_AND_LENGTH = 4;

/** What reading of bytes gave, or the name of its error, of which the log is told. */
export function decoded<T>(context: OfctlContext, read: () => T): { readonly value: T } | { readonly error: string } {
  try {
    return { value: read() };
  } catch (error) {
    if (!(error instanceof OfpError)) throw error;
    error.tell(complaints(context));
    return { error: error.error };
  }
}

/** Bytes that a writer was filled with. */
export function written(write: (w: WireWriter) => void): Uint8Array {
  const w = new WireWriter();
  write(w);
  return w.done();
}

/** Reads lines of TLVs, and prints them as they are written again: Nicira's in OpenFlow 1.0, with type and length later. */
async function printTlvLines(version: Version, context: OfctlContext): Promise<number> {
  const { io, settings } = context;
  const { strict } = settings;
  const lines = (await io.stdin()).split("\n");
  if (lines.at(-1) === "") lines.pop();
  for (const line of lines) {
    if (line.startsWith("#")) {
      io.stdout(`${line}\n`);
      continue;
    }
    const text = line.replace(/#.*/, "").trimEnd();
    if (text === "") {
      io.stdout("\n");
      continue;
    }
    const tlvs = parseTlvs(text);
    const options = { strict, cookie: version === OF10 };
    const padded = new Uint8Array(Math.ceil(tlvs.length / 8) * 8);
    padded.set(tlvs);
    const match = decoded(context, () => decodeNxMatch(new WireReader(padded), tlvs.length, options));
    if ("error" in match) {
      io.stdout(settings.json ? `${JSON.stringify(match)}\n` : `nx_pull_match() returned error ${match.error}\n`);
      continue;
    }
    const { bytes, shown } = encodeTlvLine(match.value, version);
    if (settings.json) io.stdout(`${JSON.stringify({ match: formatMatch(match.value.match), tlvs: shown })}\n`);
    else io.stdout(`${shown}\n${settings.verbosity > 0 ? bareHexDump(bytes) : ""}`);
  }
  return 0;
}

function encodeTlvLine(
  { match, cookie }: NxMatch,
  version: Version,
): { readonly bytes: Uint8Array; readonly shown: string } {
  let length = 0;
  const bytes = written((w) => {
    if (version === OF10) length = encodeNxMatch(match, w, cookie);
    else encodeMatch(match, version, w);
  });
  if (version === OF10) return { bytes, shown: formatTlvs(bytes.subarray(0, length)) };
  return { bytes, shown: formatTlvs(bytes.subarray(TYPE_AND_LENGTH, (bytes[2]! << 8) | bytes[3]!)) };
}

const parseNxm = (name: string): OfctlCommand => ({
  name,
  usage: "",
  minArgs: 0,
  maxArgs: 0,
  readOnly: true,
  run: (_args, context) => printTlvLines(OF10, context),
});

/** `parse-nx-match` and its newer name. */
export const parseNxMatch: OfctlCommand = parseNxm("parse-nx-match");
export const parseNxmCommand: OfctlCommand = parseNxm("parse-nxm");

export const parseOxm: OfctlCommand = {
  name: "parse-oxm",
  usage: "",
  minArgs: 1,
  maxArgs: 1,
  readOnly: true,
  run: ([name = ""], context) => {
    const version = parseVersionName(name);
    if (version === undefined || version < OF12) throw new UserError(`${name}: not a valid version for OXM`);
    return printTlvLines(version, context);
  },
};

/** A match of fixed form. What OpenFlow 1.1 says of its type and length does not matter. */
function decodeFixed(bytes: Uint8Array, version: typeof OF10 | typeof OF11): Match {
  if (version === OF10) return decodeMatch(new WireReader(bytes), OF10);
  return decodeOfp11Match(new WireReader(bytes, TYPE_AND_LENGTH));
}

/** A command that reads matches of fixed form and shows them, and what differs where they are written again. */
function parseFixedMatch(name: string, version: typeof OF10 | typeof OF11, length: number): OfctlCommand {
  return {
    name,
    usage: "",
    minArgs: 0,
    maxArgs: 0,
    readOnly: true,
    run: async (_args, context) => {
      const { io, settings } = context;
      for (const bytes of meaningfulHex(await io.stdin())) {
        if (bytes.length !== length) throw new UserError(`Input is ${bytes.length} bytes, expected ${length}`);
        const match = decoded(context, () => decodeFixed(bytes, version));
        if (settings.json) {
          io.stdout(`${JSON.stringify("error" in match ? match : { match: formatMatch(match.value) })}\n`);
        } else if ("error" in match) {
          io.stdout(`bad ofp${version + 9}_match: ${match.error}\n\n`);
        } else {
          const after = written((w) => encodeMatch(match.value, version, w));
          io.stdout(`${formatMatch(match.value)}\n${byteDifferences(bytes, after)}\n`);
        }
      }
      return 0;
    },
  };
}

export const parseOfp10Match: OfctlCommand = parseFixedMatch("parse-ofp10-match", OF10, 40);
export const parseOfp11Match: OfctlCommand = parseFixedMatch("parse-ofp11-match", OF11, 88);
