import type { Files } from "#host/files.js";
import { HostError } from "#util/errors.js";

/** What statistics of the system are read from. */
export interface SystemSource {
  readonly files: Files;
  readonly pid: number;
  /** This process's own pidfile, as an absolute path. */
  readonly pidfile: string | undefined;
  /** Where daemons keep their pidfiles. */
  readonly runDirectory: string;
  /** Size of the file system at a path, and what of it is in use, in KiB; undefined where it cannot be told. */
  space(path: string): { readonly total: number; readonly used: number } | undefined;
}

/** Times in /proc are in hundredths of a second. */
const TICK_MS = 10;

/** Open_vSwitch:statistics as ovs-vswitchd.conf.db(5) describes it; what cannot be told is left out. */
export function systemStatistics(source: SystemSource): ReadonlyMap<string, string> {
  const { files } = source;
  const read = (path: string): string => readOrEmpty(files, path);
  const found: (readonly [key: string, value: string])[] = [
    ["cpu", processors(read("/proc/self/status"))],
    ["load_average", read("/proc/loadavg").split(" ").slice(0, 3).join(",")],
    ["memory", memory(read("/proc/meminfo"))],
    ...processes(source, read),
    ["file_systems", fileSystems(read("/proc/mounts"), source)],
  ];
  return new Map(found.filter(([, value]) => value !== ""));
}

function readOrEmpty(files: Files, path: string): string {
  try {
    return files.readText(path);
  } catch (error) {
    // A process may end while it is looked at.
    if (!(error instanceof HostError)) throw error;
    return "";
  }
}

/** How many processors this process may run on, of a list like `0-3,8`. */
function processors(status: string): string {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1];
  if (list === undefined) return "";
  const counts = list.split(",").map((range) => {
    const [first, last] = range.split("-").map(Number);
    return (last ?? first!) - first! + 1;
  });
  return String(counts.reduce((a, b) => a + b, 0));
}

/** Total, in use, cache, swap, swap in use: KiB. */
function memory(meminfo: string): string {
  if (meminfo === "") return "";
  const of = (name: string): number => Number(new RegExp(`^${name}:\\s*(\\d+) kB`, "m").exec(meminfo)?.[1] ?? 0);
  const [total, swap] = [of("MemTotal"), of("SwapTotal")];
  return [total, total - of("MemFree"), of("Buffers") + of("Cached"), swap, swap - of("SwapFree")].join(",");
}

type Read = (path: string) => string;

/** `process_NAME` of each daemon that holds the lock on its pidfile. */
function processes({ files, pid: ownPid, pidfile, runDirectory }: SystemSource, read: Read): [string, string][] {
  const found: [string, string][] = [];
  for (const file of listOrNone(files, runDirectory)) {
    if (!file.endsWith(".pid")) continue;
    const path = `${runDirectory}/${file}`;
    // No pidfile is opened: to open and close our own would drop the lock on it.
    const pid = path === pidfile ? ownPid : files.lockHolder(path);
    const value = pid === undefined ? undefined : processFigures(pid, read);
    if (value !== undefined) found.push([`process_${file.slice(0, -4)}`, value]);
  }
  return found;
}

function listOrNone(files: Files, directory: string): string[] {
  try {
    return files.list(directory).sort();
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return [];
  }
}

/** Fields of /proc/PID/stat after the name, proc(5): number 3 of that page is the first here. */
function statFields(text: string): string[] {
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

/** Virtual and resident KiB, processor time, crashes, age with and without restarts (ms), and the processor it last ran on. */
function processFigures(pid: number, read: Read): string | undefined {
  const stat = statFields(read(`/proc/${pid}/stat`));
  const status = read(`/proc/${pid}/status`);
  if (stat.length < 37 || status === "") return undefined;
  const field = (number: number): number => Number(stat[number - 3]);
  const size = (name: string): number => Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(status)?.[1] ?? 0);
  const now = Math.floor(Number.parseFloat(read("/proc/uptime")) * 1000);
  const age = now - field(22) * TICK_MS;
  const cpuTime = (field(14) + field(15)) * TICK_MS;
  const monitor = monitorOf(pid, field(4), read);
  const sinceBoot = monitor === undefined ? age : now - monitor.started;
  return [size("VmSize"), size("VmRSS"), cpuTime, monitor?.crashes ?? 0, sinceBoot, age, field(39)].join(",");
}

/** The monitor that started a daemon says so in its title: `ovs-vswitchd: monitoring pid 7 (2 crashes: pid 5 died, …)`. */
function monitorOf(pid: number, parent: number, read: Read): { crashes: number; started: number } | undefined {
  const title = /: monitoring pid (\d+) \((?:(\d+) crashes)?/.exec(read(`/proc/${parent}/cmdline`));
  if (title === null || Number(title[1]) !== pid) return undefined;
  const started = Number(statFields(read(`/proc/${parent}/stat`))[19]) * TICK_MS;
  return Number.isNaN(started) ? undefined : { crashes: Number(title[2] ?? 0), started };
}

/** `MOUNT,TOTAL,USED` of each local file system that is writable. */
function fileSystems(mounts: string, { space }: SystemSource): string {
  const found: string[] = [];
  for (const line of mounts.split("\n")) {
    const [device, mountPoint, , options] = line.split(" ");
    if (!device?.startsWith("/") || mountPoint === undefined) continue;
    if (!options?.split(",").includes("rw")) continue;
    const path = mountPoint.replace(/\\([0-7]{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    const room = space(path);
    if (room !== undefined) found.push(`${path.replace(/[ ,]/g, "_")},${room.total},${room.used}`);
  }
  return found.join(" ");
}
