import type { ProcessHost } from "#host/process.js";

/** Where programs find things; each comes from an environment variable of Open vSwitch or its usual place. */
export interface Directories {
  /** Sockets and pidfiles: OVS_RUNDIR, /var/run/openvswitch. */
  readonly run: string;
  /** Log files: OVS_LOGDIR, /var/log/openvswitch. */
  readonly log: string;
  /** Databases: OVS_DBDIR, else OVS_SYSCONFDIR/openvswitch, else /etc/openvswitch. */
  readonly db: string;
  /** Configuration: OVS_SYSCONFDIR, /etc. */
  readonly sysconf: string;
  /** Schemas and scripts: OVS_PKGDATADIR, else share/openvswitch of the package that holds the program. */
  readonly pkgdata: string;
}

/** Reads the directories out of the environment. */
export function directories(process: ProcessHost): Directories {
  const { env } = process;
  const sysconf = env["OVS_SYSCONFDIR"];
  return {
    run: env["OVS_RUNDIR"] || "/var/run/openvswitch",
    log: env["OVS_LOGDIR"] || "/var/log/openvswitch",
    db: env["OVS_DBDIR"] || (sysconf === undefined ? "/etc/openvswitch" : `${sysconf}/openvswitch`),
    sysconf: sysconf ?? "/etc",
    get pkgdata() {
      return env["OVS_PKGDATADIR"] || `${parent(parent(process.programFile))}/share/openvswitch`;
    },
  };
}

/** `file` itself where absolute, else below `directory`. */
export function below(directory: string, file: string): string {
  return file.startsWith("/") ? file : `${directory}/${file}`;
}

/** A connection method whose unix path, where relative, is taken below the run directory. */
export function resolveStreamName(name: string, run: string): string {
  const unix = /^(p?unix:)(.*)$/s.exec(name);
  return unix ? `${unix[1]}${below(run, unix[2]!)}` : name;
}

function parent(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash <= 0 ? "/" : path.slice(0, slash);
}
