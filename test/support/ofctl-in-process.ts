import { toolIo } from "#cli/io.js";
import { ofctl } from "#cli/ofctl/main.js";
import { FakeProcess } from "#host/fake/process.js";
import { NodeClock } from "#host/node/clock.js";
import { NodeFiles } from "#host/node/files.js";
import { NodeStreams } from "#host/node/streams.js";
import type { Ran } from "./switch-stack.js";

/** Runs our `ovs-ofctl` in this process, over real sockets, for a switch that has its own in `directory`. */
export async function runOurOfctl(argv: readonly string[], directory: string, stdin = ""): Promise<Ran> {
  const process = new FakeProcess({ OVS_RUNDIR: directory, OVS_LOGDIR: directory });
  process.cwd = directory;
  process.stdin = stdin;
  const host = {
    clock: new NodeClock(),
    streams: new NodeStreams(),
    files: new NodeFiles(),
    process,
    syslog: () => undefined,
    random: (size: number) => globalThis.crypto.getRandomValues(new Uint8Array(size)),
  };
  const status = await ofctl(argv, toolIo(host));
  return { status: process.diedBy ?? status, stdout: process.out, stderr: process.err };
}
