declare const WEFT_VERSION: string;

/** The Open vSwitch release whose behaviour Weft presents; what controllers and scripts parse. */
export const OVS_VERSION = "4.0.0";

/** Weft's own version, put in by the build. */
export const weftVersion: string = typeof WEFT_VERSION === "string" ? WEFT_VERSION : "dev";

/** What `PROGRAM --version` prints: upstream's line, then Weft's own. `extra` lines (a schema version) come last. */
export function versionText(program: string, ...extra: string[]): string {
  return `${program} (Open vSwitch) ${OVS_VERSION}\nWeft ${weftVersion}\n${extra.map((line) => `${line}\n`).join("")}`;
}
