import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { createNamespace } from "#host/linux/namespaces.js";
import { LinuxNetHost } from "#host/linux/net-host.js";

/** A network namespace of a test's own, with its devices and a way to run programs in it. */
export interface TestNamespace {
  readonly fd: number;
  readonly net: LinuxNetHost;
  /** Runs a program there and waits for it. */
  run(command: string, ...args: string[]): SpawnSyncReturns<string>;
  /** Runs `ip` with the words of `line`; throws its complaint. */
  ip(line: string): void;
  close(): void;
}

/** Makes a namespace with its loopback up. It goes with `close`, or with this process. Needs root. */
export function testNamespace(): TestNamespace {
  const namespace = createNamespace();
  const net = new LinuxNetHost(namespace);
  const run = (command: string, ...args: string[]): SpawnSyncReturns<string> =>
    spawnSync("nsenter", [`--net=/proc/${process.pid}/fd/${namespace.fd}`, command, ...args], { encoding: "utf8" });
  net.setUp("lo", true);
  return {
    fd: namespace.fd,
    net,
    run,
    ip(line) {
      const result = run("ip", ...line.split(" "));
      if (result.status !== 0) throw new Error(`ip ${line}: ${result.stderr}`);
    },
    close() {
      net.close();
      namespace.close();
    },
  };
}
