import { shellQuote } from "#util/shell-quote.js";
import type { ScriptEnvironment } from "../script-environment.js";

/** What bridges speak that name no protocols: flows and groups say most in it. */
const NEWEST = "OpenFlow15";

/** What of a bridge has been saved: lines of a shell script, and how many bridges refused. */
export interface SavedFlows {
  readonly script: string;
  readonly failures: number;
}

/**
 * Saves flows, groups, meters and TLV maps of bridges: texts in a temporary folder, and the script that puts them back and removes the folder.
 * What a bridge does not answer is told as an error.
 */
export async function saveFlows(bridges: readonly string[], env: ScriptEnvironment): Promise<SavedFlows> {
  const folder = env.temporaryFolder("ovs-save");
  const lines: string[] = [];
  let failures = 0;
  for (const bridge of bridges) {
    const saved = await saveBridge(bridge, folder, env);
    if (saved === undefined) failures++;
    else lines.push(...saved);
  }
  lines.push(`rm -rf ${shellQuote(folder)}`);
  return { script: `${lines.join("\n")}\n`, failures };
}

async function saveBridge(bridge: string, folder: string, env: ScriptEnvironment): Promise<string[] | undefined> {
  const run = async (program: string, ...args: string[]): Promise<string | undefined> => {
    const { status, stdout, stderr } = await env.programs.run(env.programFile(program), args);
    if (status === 0) return stdout;
    env.error(stderr);
    return undefined;
  };
  const protocols = await run("ovs-vsctl", "--no-wait", "get", "bridge", bridge, "protocols");
  if (protocols === undefined) return undefined;
  const version = newestOf(protocols);
  const number = Number(version.slice(-1));
  const ask = (command: string, ...options: string[]): Promise<string | undefined> =>
    run("ovs-ofctl", "-O", version, ...options, command, bridge);
  const tlvs = await ask("dump-tlv-map");
  const groups = number >= 1 ? await ask("dump-groups") : "";
  const meters = number >= 3 ? await ask("dump-meters") : "";
  const flows = await ask("dump-flows", "--no-names", "--no-stats");
  if (tlvs === undefined || groups === undefined || meters === undefined || flows === undefined) return undefined;

  const restore = (command: string, ...words: string[]): string =>
    ["ovs-ofctl", "-O", version, command, bridge, ...words].map(shellQuote).join(" ");
  const keep = (what: string, text: string): string => {
    // A bridge's name may hold a slash.
    const file = `${folder}/${encodeURIComponent(bridge)}.${what}.dump`;
    env.host.files.write(file, text);
    return file;
  };
  const atOnce = number >= 4 ? ["--bundle"] : [];
  const map = tlvMap(tlvs);
  const groupLines = withoutTitle(groups);
  return [
    ...(map === "" ? [] : [restore("add-tlv-map", map)]),
    ...meterTexts(meters).map((meter) => restore("add-meter", meter)),
    ...(groupLines === "" ? [] : [restore("add-groups", keep("groups", groupLines), ...atOnce)]),
    restore("replace-flows", keep("flows", withoutTitle(flows)), ...atOnce),
  ];
}

/** The newest of Bridge:protocols, as `ovs-vsctl get` prints them. */
export function newestOf(protocols: string): string {
  return (
    protocols
      .match(/OpenFlow1[0-5]/g)
      ?.sort()
      .at(-1) ?? NEWEST
  );
}

/** What `dump-flows` and `dump-groups` print below each reply's first line. */
export function withoutTitle(text: string): string {
  const lines = text.split("\n").filter((line) => line !== "" && !/^(OFPST|NXST|OFPT|NXT)\w* .*:$/.test(line));
  return lines.map((line) => `${line}\n`).join("");
}

/** The mappings that `dump-tlv-map` prints, as `add-tlv-map` takes them. */
export function tlvMap(text: string): string {
  const rows = text.matchAll(/^\s*(0x[\da-f]+|0)\s+(0x[\da-f]+|0)\s+(\d+)\s+(tun_metadata\d+)$/gm);
  return [...rows]
    .map(([, kind, type, length, name]) => `{class=${kind},type=${type},len=${length}}->${name}`)
    .join(",");
}

/** The meters that `dump-meters` prints, each as `add-meter` takes it. */
export function meterTexts(text: string): string[] {
  const parts = withoutTitle(text).split(/^(?=meter=)/m);
  const meters = parts.filter((part) => part.startsWith("meter="));
  return meters.map((meter) => meter.trim().split(/\s+/).join(",").replace("bands=,", "bands="));
}
