import { formatMacNumber, type MacNumber } from "#util/mac-number.js";
import { OfpError } from "../../ofp-error.js";
import { formatOfport } from "../../port-number.js";
import { OF10, OF14, type Version } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import type { WireWriter } from "../../wire-writer.js";
import { type OtherProperty, readProperties, writeOtherProperties, writeProperty } from "../property.js";
import { type RawText, readRawText, writeRawText } from "../raw-text.js";
import { formatPortConfig, portConfigMask } from "./port-config.js";
import { featuresFrom, featuresTo, formatFeatures, speedOf } from "./port-features.js";
import { type PortContext, portOf, readPort, writePort } from "./wire-port.js";

/** A port as a switch describes it. */
export interface PhyPort {
  readonly number: number;
  readonly address: MacNumber;
  /** At most 15 bytes. */
  readonly name: RawText;
  /** Bits of `PortConfig`. */
  readonly config: number;
  /** Bits of `PortState`. */
  readonly state: number;
  /** Features, by the bits of OpenFlow 1.1 and later (`formatFeatures`). */
  readonly current: number;
  readonly advertised: number;
  readonly supported: number;
  readonly peer: number;
  /** In kbps; OpenFlow 1.0 does not have them on the wire, and the features tell. */
  readonly currentSpeed: number;
  readonly maxSpeed: number;
  /** Properties of OpenFlow 1.4 and later that are not understood here, such as the optical one. */
  readonly others?: readonly OtherProperty[];
}

/** Bits of a port's state. */
export const PortState = {
  linkDown: 0x1,
  blocked: 0x2,
  live: 0x4,
  /** Two bits in OpenFlow 1.0: 0 listening, and these. */
  stpMask: 0x300,
  stpLearn: 0x100,
  stpForward: 0x200,
  stpBlock: 0x300,
} as const;

const stateBits: readonly (readonly [bit: number, name: string])[] = [
  [PortState.linkDown, "LINK_DOWN"],
  [PortState.blocked, "BLOCKED"],
  [PortState.live, "LIVE"],
];
const stpNames = ["", "STP_LEARN", "STP_FORWARD", "STP_BLOCK"] as const;

const stateMask = (version: Version): number =>
  version === OF10 ? PortState.linkDown | PortState.stpMask : PortState.linkDown | PortState.blocked | PortState.live;

/** Bytes of a port in OpenFlow 1.0; of 1.1 to 1.3; the least of later versions. */
export const phyPortLength = (version: Version): number => (version === OF10 ? 48 : version < OF14 ? 64 : 40);

const ETHERNET = 0;
const NAME = 16;
const ETHERNET_LENGTH = 28;

/** Reads a port as `version` has it. Throws `OfpError`. */
export function decodePhyPort(r: WireReader, ctx: PortContext): PhyPort {
  const { version } = ctx;
  if (version >= OF14) return decodeWithProperties(r, ctx);
  const number = readPort(r, ctx);
  if (version !== OF10) r.skip(4);
  const address = readAddress(r);
  if (version !== OF10) r.skip(2);
  const base = { number, address, name: readRawText(r, NAME), ...readFlags(r, version) };
  const told = readFeatures(r, version);
  if (version === OF10)
    return { ...base, ...told, currentSpeed: speedOf(told.current), maxSpeed: speedOf(told.supported) };
  return { ...base, ...told, currentSpeed: r.u32(), maxSpeed: r.u32() };
}

function decodeWithProperties(r: WireReader, ctx: PortContext): PhyPort {
  const { version } = ctx;
  if (r.left < phyPortLength(version)) throw new OfpError("OFPBRC_BAD_LEN");
  const wide = r.u32();
  const rest = r.u16() - phyPortLength(version);
  r.skip(2);
  const address = readAddress(r);
  r.skip(2);
  const name = readRawText(r, NAME);
  const flags = readFlags(r, version);
  if (rest < 0 || rest > r.left) throw new OfpError("OFPBRC_BAD_LEN");
  const base = { number: portOf(wide, ctx), address, name, ...flags };
  let told = { current: 0, advertised: 0, supported: 0, peer: 0, currentSpeed: 0, maxSpeed: 0 };
  const others: OtherProperty[] = [];
  for (const property of readProperties(r.slice(rest))) {
    const { body } = property;
    if (property.type !== ETHERNET) others.push(property.other());
    else {
      if (body.left !== ETHERNET_LENGTH) throw new OfpError("OFPBPC_BAD_LEN");
      body.skip(4);
      told = { ...readFeatures(body, version), currentSpeed: body.u32(), maxSpeed: body.u32() };
    }
  }
  return { ...base, ...told, ...(others.length === 0 ? {} : { others }) };
}

/** Writes a port as `version` has it; flags and features that it has no bits for are dropped. */
export function encodePhyPort(port: PhyPort, w: WireWriter, version: Version): void {
  const start = w.length;
  writePort(w, port.number, version);
  if (version >= OF14) w.u16(0).zeros(2);
  else if (version !== OF10) w.zeros(4);
  w.big(BigInt(port.address), 6);
  if (version !== OF10) w.zeros(2);
  writeRawText(w, port.name, NAME);
  w.u32(port.config & portConfigMask(version)).u32(port.state & stateMask(version));
  if (version < OF14) {
    writeFeatures(w, port, version);
    if (version !== OF10) w.u32(port.currentSpeed).u32(port.maxSpeed);
    return;
  }
  writeProperty(w, ETHERNET, () => {
    writeFeatures(w.zeros(4), port, version);
    w.u32(port.currentSpeed).u32(port.maxSpeed);
  });
  writeOtherProperties(w, port.others);
  w.patch16(start + 4, w.length - start);
}

const readAddress = (r: WireReader): MacNumber => r.u16() * 2 ** 32 + r.u32();

function readFlags(r: WireReader, version: Version): Pick<PhyPort, "config" | "state"> {
  return { config: r.u32() & portConfigMask(version), state: r.u32() & stateMask(version) };
}

type Features = Pick<PhyPort, "current" | "advertised" | "supported" | "peer">;

function readFeatures(r: WireReader, version: Version): Features {
  const next = (): number => featuresFrom(version, r.u32());
  return { current: next(), advertised: next(), supported: next(), peer: next() };
}

function writeFeatures(w: WireWriter, port: PhyPort, version: Version): void {
  for (const set of [port.current, port.advertised, port.supported, port.peer]) w.u32(featuresTo(version, set));
}

/** A port as `ovs-ofctl show` prints it: lines that each end, the first indented by a blank. */
export function formatPhyPort(port: PhyPort): string {
  const lines = [
    ` ${formatOfport(port.number)}(${printable(port.name)}): addr:${formatMacNumber(port.address)}`,
    `     config:     ${formatPortConfig(port.config)}`,
    `     state:      ${formatPortState(port.state)}`,
  ];
  for (const label of ["current", "advertised", "supported", "peer"] as const) {
    if (port[label] !== 0) lines.push(`     ${`${label}:`.padEnd(11)} ${formatFeatures(port[label])}`);
  }
  lines.push(
    `     speed: ${Math.floor(port.currentSpeed / 1000)} Mbps now, ${Math.floor(port.maxSpeed / 1000)} Mbps max`,
  );
  return lines.map((line) => `${line}\n`).join("");
}

/** A name up to what is no printable ASCII. */
const printable = (name: RawText): string => /^[\x20-\x7e]*/.exec(name)![0];

/** Ports as `formatPhyPort` writes them, by their numbers. */
export function formatPhyPorts(ports: readonly PhyPort[]): string {
  return [...ports]
    .sort((a, b) => a.number - b.number)
    .map(formatPhyPort)
    .join("");
}

function formatPortState(state: number): string {
  const names = stateBits.filter(([bit]) => (state & bit) !== 0).map(([, name]) => name);
  // Upstream puts no blank behind the state of the spanning tree.
  const text = stpNames[(state & PortState.stpMask) >>> 8]! + names.join(" ");
  return text === "" ? "0" : text;
}
