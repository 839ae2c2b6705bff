import { toolIo } from "#cli/io.js";
import { main } from "#cli/vsctl/main.js";
import { FakeProcess } from "#host/fake/process.js";
import type { Host } from "#host/host.js";
import { NodeClock } from "#host/node/clock.js";
import { NodeFiles } from "#host/node/files.js";
import { NodeStreams } from "#host/node/streams.js";
import type { Clock } from "#util/clock.js";
import type { Outcome } from "./vsctl-run.js";

/**
 * Runs our `ovs-vsctl` in this process, over real sockets. A signal's name stands for the status where it died of one. Time is
 * real unless a clock is given.
 */
export async function runOurVsctl(argv: readonly string[], clock: Clock = new NodeClock()): Promise<Outcome> {
  const process = new FakeProcess({ OVS_RUNDIR: "/nonexistent" });
  const host: Host = {
    clock,
    streams: new NodeStreams(),
    files: new NodeFiles(),
    process,
    syslog: () => undefined,
    random: (size) => globalThis.crypto.getRandomValues(new Uint8Array(size)),
  };
  const status = await main(argv, toolIo(host));
  return { status: process.diedBy ?? status, stdout: process.out, stderr: process.err };
}
