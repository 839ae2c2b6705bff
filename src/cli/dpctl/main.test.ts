import { expect, it } from "vitest";
import { Datapaths } from "#datapath/datapaths.js";
import { createFakeHost } from "#host/fake/host.js";
import type { ToolIo } from "../io.js";
import { dpctl } from "./main.js";

it("looks for itself where the daemon ends before it has answered", async () => {
  const host = createFakeHost({ OVS_RUNDIR: "/run/sw" });
  for (const directory of ["/run", "/run/sw"]) if (!host.files.exists(directory)) host.files.makeDirectory(directory);
  host.files.write("/run/sw/ovs-vswitchd.pid", "7\n");
  const said: string[] = [];
  const io = { host, stdout: () => undefined, stderr: (text: string) => void said.push(text) } as unknown as ToolIo;
  const ask = (): Promise<number> =>
    dpctl(["dump-dps"], io, async () => ({ datapaths: new Datapaths([]), clock: host.clock }));
  await host.streams.listen("punix:/run/sw/ovs-vswitchd.7.ctl", (stream) => stream.close());
  expect([await ask(), said]).toEqual([0, []]);
  host.streams.refuse("unix:/run/sw/ovs-vswitchd.7.ctl", "ECONNREFUSED");
  expect([await ask(), said]).toEqual([0, []]);
});
