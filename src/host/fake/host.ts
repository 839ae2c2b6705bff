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
  /** Syslog messages, each after its method. */
  readonly syslogMessages: string[];
}

/** `random` gives the same bytes in every run, and no two alike 16 of them: UUIDs are made of them. */
export function createFakeHost(env: Readonly<Record<string, string | undefined>> = {}): FakeHost {
  const files = new FakeFiles();
  for (const path of ["/var/run/openvswitch", "/var/log/openvswitch", "/etc/openvswitch", "/tmp"]) {
    files.makeDirectory(path);
  }
  let state = 1;
  const syslogMessages: string[] = [];
  return {
    clock: new FakeClock(),
    streams: new FakeStreams(),
    files,
    process: new FakeProcess(env),
    syslogMessages,
    syslog: (method) => ({ send: (text) => syslogMessages.push(`${method} ${text}`), close() {} }),
    random: (size) =>
      Uint8Array.from({ length: size }, () => {
        state = (Math.imul(state, 1664525) + 1013904223) | 0;
        return state >>> 24;
      }),
  };
}
