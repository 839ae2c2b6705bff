/** OpenFlow versions, by the number each has in a message's first byte. */
export const OF10 = 1;
export const OF11 = 2;
export const OF12 = 3;
export const OF13 = 4;
export const OF14 = 5;
export const OF15 = 6;

/** A version that there are codecs for. */
export type Version = 1 | 2 | 3 | 4 | 5 | 6;

/** Every version, oldest first. */
export const versions: readonly Version[] = [OF10, OF11, OF12, OF13, OF14, OF15];

/** Versions from `first` to `last`, both included. */
export interface VersionRange {
  readonly first: Version;
  readonly last: Version;
}

/** This version and all later ones. */
export const since = (first: Version): VersionRange => ({ first, last: OF15 });
/** This version and all earlier ones. */
export const until = (last: Version): VersionRange => ({ first: OF10, last });
/** This version alone. */
export const only = (version: Version): VersionRange => ({ first: version, last: version });
/** Both versions and what lies between. */
export const between = (first: Version, last: Version): VersionRange => ({ first, last });
/** Every version. */
export const always: VersionRange = { first: OF10, last: OF15 };

/** True where a range has a version. */
export function inRange(range: VersionRange, version: number): boolean {
  return version >= range.first && version <= range.last;
}

/** `OpenFlow13`, as `--protocols` and the column `protocols` write a version. */
export function versionName(version: Version): string {
  return `OpenFlow1${version - 1}`;
}

/** The version of a name like `OpenFlow13` or `OpenFlow1.3`, any case; undefined where it is none. */
export function parseVersionName(name: string): Version | undefined {
  const found = /^openflow1\.?([0-5])$/i.exec(name);
  return found === null ? undefined : ((Number(found[1]) + 1) as Version);
}
