import type { Host } from "../host.js";
import { FakeClock } from "./clock.js";
import { FakeFiles } from "./files.js";
import { FakeProcess } from "./process.js";
import { FakeStreams } from "./streams.js";

/** A host with nothing real in it. Its directories `/var/run/openvswitch` and the like exist. */
export interface FakeHost extends Host {
  readonly clock: FakeClock;
  readonly streams: FakeStreams;
  readonly files: FakeFiles;
  readonly process: FakeProcess;
}

/** `random` counts upwards, so that runs repeat. */
export function createFakeHost(env: Readonly<Record<string, string | undefined>> = {}): FakeHost {
  const files = new FakeFiles();
  for (const path of ["/var/run/openvswitch", "/var/log/openvswitch", "/etc/openvswitch", "/tmp"]) {
    files.makeDirectory(path);
  }
  let next = 0;
  return {
    clock: new FakeClock(),
    streams: new FakeStreams(),
    files,
    process: new FakeProcess(env),
    random: (size) => Uint8Array.from({ length: size }, () => next++ & 0xff),
  };
}
