import { expect, it } from "vitest";
import { FakeFiles } from "#host/fake/files.js";
import { systemStatistics } from "./system-statistics.js";

/** A line of /proc/PID/stat: 0.30 s of user and 0.05 s of system time, on processor 1. */
function stat(pid: number, parent: number, started: number): string {
  const fields = Array.from({ length: 50 }, () => "0");
  for (const [number, value] of [
    [3, "S"],
    [4, parent],
    [14, 30],
    [15, 5],
    [22, started],
    [39, 1],
  ] as const) {
    fields[number - 3] = String(value);
  }
  return `${pid} (a (b) c) ${fields.join(" ")}\n`;
}

function system(): FakeFiles {
  const files = new FakeFiles();
  for (const path of ["/proc", "/proc/self", "/proc/1", "/proc/7", "/proc/8", "/proc/9", "/run"]) {
    files.makeDirectory(path);
  }
  files.write("/proc/self/status", "Name:\tx\nCpus_allowed_list:\t0-2,5\n");
  files.write("/proc/loadavg", "1.52 2.50 3.58 1/200 77\n");
  files.write(
    "/proc/meminfo",
    "MemTotal: 1000 kB\nMemFree: 300 kB\nBuffers: 20 kB\nCached: 100 kB\nSwapCached: 7 kB\nSwapTotal: 50 kB\nSwapFree: 45 kB\n",
  );
  files.write("/proc/uptime", "100.50 10.00\n");
  files.write(
    "/proc/mounts",
    [
      "/dev/vda / ext4 rw,relatime 0 0",
      "/dev/vdb /mnt/a\\040b,c xfs rw 0 0",
      "/dev/vdc /ro ext4 ro,relatime 0 0",
      "/dev/vdd /gone ext4 rw 0 0",
      "tmpfs /dev/shm tmpfs rw 0 0",
      "",
    ].join("\n"),
  );
  for (const [pid, parent] of [
    [7, 1],
    [9, 8],
  ] as const) {
    files.write(`/proc/${pid}/stat`, stat(pid, parent, 5000));
    files.write(`/proc/${pid}/status`, "VmSize:\t  15488 kB\nVmRSS:\t  6856 kB\n");
  }
  files.write("/proc/1/cmdline", "/sbin/init\0");
  files.write(
    "/proc/8/cmdline",
    "ovsdb-server: monitoring pid 9 (2 crashes: pid 3 died, killed (Segmentation fault))\0",
  );
  files.write("/proc/8/stat", stat(8, 1, 1000));
  for (const name of ["ovs-vswitchd", "ovsdb-server", "stale"]) files.write(`/run/${name}.pid`, "9\n");
  files.write("/run/db.sock", "");
  files.lockElsewhere("/run/ovsdb-server.pid", 9);
  return files;
}

const space = (path: string): { total: number; used: number } | undefined =>
  path === "/gone" ? undefined : { total: 264212084, used: 23621884 };
const process = { pid: 7, pidfile: "/run/ovs-vswitchd.pid", runDirectory: "/run", space };

it("tells of processors, load, memory, daemons and file systems, in upstream's form", () => {
  expect(Object.fromEntries(systemStatistics({ files: system(), ...process }))).toEqual({
    cpu: "4",
    load_average: "1.52,2.50,3.58",
    memory: "1000,700,120,50,5",
    "process_ovs-vswitchd": "15488,6856,350,0,50500,50500,1",
    "process_ovsdb-server": "15488,6856,350,2,90500,50500,1",
    file_systems: "/,264212084,23621884 /mnt/a_b_c,264212084,23621884",
  });
});

it("leaves out what cannot be told", () => {
  expect([...systemStatistics({ files: new FakeFiles(), ...process, pidfile: undefined })]).toEqual([]);
});
