import type { Host } from "#host/host.js";
import { directories } from "#runtime/dirs.js";

/** Where a switch that `weft up` starts keeps its things, and the environment that makes other programs find them. */
export interface Places {
  readonly run: string;
  readonly log: string;
  readonly db: string;
  /** Variables that differ from what programs would assume by themselves; empty for the usual places. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Chooses the folders: all below `directory` where one was named; those of the environment or the usual ones for root; else a folder
 * of the user's own.
 */
export function choosePlaces(host: Host, directory: string | undefined): Places {
  const { env, isRoot } = host.process;
  const named = env["OVS_RUNDIR"] !== undefined;
  if (directory === undefined && (isRoot || named)) return { ...pick(directories(host.process)), env: {} };
  const state = env["XDG_STATE_HOME"] || `${env["HOME"] || "/tmp"}/.local/state`;
  const base = directory ?? `${state}/weft`;
  const places = { run: base, log: base, db: base };
  return { ...places, env: { OVS_RUNDIR: base, OVS_LOGDIR: base, OVS_DBDIR: base } };
}

function pick({ run, log, db }: { run: string; log: string; db: string }): { run: string; log: string; db: string } {
  return { run, log, db };
}
