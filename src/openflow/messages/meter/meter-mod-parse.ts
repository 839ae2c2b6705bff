import { UserError } from "#util/errors.js";
import { parseU8, parseU32 } from "../../actions/argument.js";
import { type ProtocolSet, protocolsOfVersions } from "../../protocol.js";
import { OF13, OF15 } from "../../version.js";
import { type MeterBand, MeterFlag, meterFlagNames } from "./meter-config.js";
import type { MeterCommand, MeterMod } from "./meter-mod.js";
import { OFPM, virtualMeter } from "./meter-number.js";

/** A meter's text, read. */
export interface ParsedMeterMod {
  readonly meterMod: MeterMod;
  /** The protocols that can say it. */
  readonly usable: ProtocolSet;
}

const usable: ProtocolSet = protocolsOfVersions(OF13, OF15);

/** Takes words off a text. */
class Words {
  #rest: string;

  constructor(text: string) {
    this.#rest = text;
  }

  /** What stands before the next of these separators, and behind the last; undefined at the end. */
  next(separators: string): string | undefined {
    let start = 0;
    while (start < this.#rest.length && separators.includes(this.#rest[start]!)) start++;
    if (start === this.#rest.length) return undefined;
    let end = start;
    while (end < this.#rest.length && !separators.includes(this.#rest[end]!)) end++;
    const word = this.#rest.slice(start, end);
    this.#rest = this.#rest.slice(end + 1);
    return word;
  }

  /** The value of the name that was taken. Throws `UserError`. */
  value(name: string): string {
    const found = this.next(BLANKS);
    if (found === undefined) throw new UserError(`field ${name} missing value`);
    return found;
  }
}

const BLANKS = ", \t\r\n";
const NAMES = `=${BLANKS}`;

/**
 * Reads a meter as ovs-ofctl(8) "Meter Syntax" has it; to delete one, `meter=` alone. Throws `UserError` in upstream's words.
 */
export function parseMeterMod(text: string, command: MeterCommand): ParsedMeterMod {
  const isWhole = command !== "delete";
  const { head, bands } = isWhole ? splitBands(text) : { head: text, bands: "" };
  const { meterId, flags } = parseHead(new Words(head), isWhole);
  if (meterId === undefined) throw new UserError("must specify 'meter'");
  if (isWhole && (flags & (MeterFlag.kbps | MeterFlag.pktps)) === 0) {
    throw new UserError("meter must specify either 'kbps' or 'pktps'");
  }
  const meter = { meterId, flags, bands: isWhole ? parseBands(bands, flags) : [] };
  return { meterMod: { kind: "meter_mod", command, meter }, usable };
}

/** Bands stand behind the first `=` after the word `band`. */
function splitBands(text: string): { readonly head: string; readonly bands: string } {
  const at = text.indexOf("band");
  const equals = at < 0 ? -1 : text.indexOf("=", at);
  if (equals < 0) throw new UserError("must specify bands");
  return { head: text.slice(0, at), bands: text.slice(equals + 1) };
}

function parseHead(words: Words, isWhole: boolean): { meterId: number | undefined; flags: number } {
  let meterId: number | undefined;
  let flags = 0;
  for (let name = words.next(NAMES); name !== undefined; name = words.next(NAMES)) {
    const flag = isWhole ? meterFlagNames.indexOf(name) : -1;
    if (flag >= 0) {
      flags |= 1 << flag;
      continue;
    }
    const value = words.value(name);
    if (name !== "meter") throw new UserError(`unknown keyword ${name}`);
    meterId = virtualMeter(value) ?? parseNumber(value);
  }
  return { meterId, flags };
}

function parseNumber(text: string): number {
  const id = parseU32(text);
  if (id === 0 || id > OFPM.max) throw new UserError("invalid value for meter");
  return id;
}

function parseBands(text: string, flags: number): MeterBand[] {
  const bands: MeterBand[] = [];
  const words = new Words(text);
  for (let name = words.next(NAMES); name !== undefined; name = words.next(NAMES)) {
    const value = words.value(name);
    if (name === "type") {
      if (value !== "drop" && value !== "dscp_remark") throw new UserError(`field type unknown value ${value}`);
      bands.push({ type: value, rate: 0, burstSize: 0, precedence: 0 });
      continue;
    }
    const last = bands.pop();
    if (last === undefined) throw new UserError("band must start with the 'type' keyword");
    bands.push(withWord(last, name, value));
  }
  if (bands.length === 0) throw new UserError("meter must have bands");
  for (const band of bands) checkBand(band, (flags & MeterFlag.burst) !== 0);
  return bands;
}

function withWord(band: MeterBand, name: string, value: string): MeterBand {
  switch (name) {
    case "rate":
      return { ...band, rate: parseU32(value) };
    case "burst_size":
      return { ...band, burstSize: parseU32(value) };
    case "prec_level":
      return { ...band, precedence: parseU8(value, "prec_level") };
    default:
      throw new UserError(`unknown keyword ${name}`);
  }
}

function checkBand({ type, rate, burstSize, precedence }: MeterBand, hasBurst: boolean): void {
  if (type === "dscp_remark" && precedence === 0) throw new UserError("'dscp_remark' band must have 'prec_level'");
  if (type === "drop" && precedence !== 0) throw new UserError("Only 'dscp_remark' band may have 'prec_level'");
  if (rate === 0) throw new UserError("band must have 'rate'");
  if (hasBurst && burstSize === 0) throw new UserError("band must have 'burst_size' when 'burst' flag is set");
  if (!hasBurst && burstSize !== 0) throw new UserError("band may have 'burst_size' only when 'burst' flag is set");
}
