import { OF10, type Version } from "../../version.js";

/** What a port can do, a bit each: the numbers of OpenFlow 1.1 and later. Speeds are in kbps. */
const features: readonly (readonly [name: string, speed: number, of10: number | undefined])[] = [
  ["10MB-HD", 10_000, 0],
  ["10MB-FD", 10_000, 1],
  ["100MB-HD", 100_000, 2],
  ["100MB-FD", 100_000, 3],
  ["1GB-HD", 1_000_000, 4],
  ["1GB-FD", 1_000_000, 5],
  ["10GB-FD", 10_000_000, 6],
  ["40GB-FD", 40_000_000, undefined],
  ["100GB-FD", 100_000_000, undefined],
  ["1TB-FD", 1_000_000_000, undefined],
  ["OTHER", 0, undefined],
  ["COPPER", 0, 7],
  ["FIBER", 0, 8],
  ["AUTO_NEG", 0, 9],
  ["AUTO_PAUSE", 0, 10],
  ["AUTO_PAUSE_ASYM", 0, 11],
];

/** Reads the bits of a version; those that it does not know are dropped. */
export function featuresFrom(version: Version, bits: number): number {
  if (version !== OF10) return bits & 0xffff;
  let found = 0;
  for (const [i, [, , of10]] of features.entries()) if (of10 !== undefined && (bits >>> of10) & 1) found |= 1 << i;
  return found;
}

/** The bits of a version; those that it has no number for are dropped. */
export function featuresTo(version: Version, set: number): number {
  if (version !== OF10) return set;
  let bits = 0;
  for (const [i, [, , of10]] of features.entries()) if (of10 !== undefined && (set >>> i) & 1) bits |= 1 << of10;
  return bits;
}

/** The greatest speed among some features, in kbps; 0 where they have none. */
export function speedOf(set: number): number {
  return features.reduce((speed, [, of], i) => ((set >>> i) & 1 ? Math.max(speed, of) : speed), 0);
}

/** `10MB-HD 10MB-FD`; `0` for none. */
export function formatFeatures(set: number): string {
  const names = features.filter((_, i) => (set >>> i) & 1).map(([name]) => name);
  return names.length === 0 ? "0" : names.join(" ");
}
