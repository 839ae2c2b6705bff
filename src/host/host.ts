import type { Clock } from "#util/clock.js";
import type { Files } from "./files.js";
import type { ProcessHost } from "./process.js";
import type { Streams } from "./streams.js";
import type { SyslogTarget } from "./syslog.js";

/**
 * The outside, as programs see it. A composition root in `main` builds the real one (`host/node`, `host/linux`); tests
 * build `host/fake`. Network devices are apart (`host/net.ts`), because tools must start without loading `koffi`.
 */
export interface Host {
  readonly clock: Clock;
  readonly streams: Streams;
  readonly files: Files;
  readonly process: ProcessHost;
  /**
   * The way to a syslog daemon: `unix:FILE` for a datagram socket such as /dev/log, `udp:IP:PORT`; undefined where nobody is there.
   */
  syslog(method: string): SyslogTarget | undefined;
  /** `size` unpredictable bytes. */
  random(size: number): Uint8Array;
}
