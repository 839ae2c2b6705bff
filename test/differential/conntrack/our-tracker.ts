import { dpctlCommands } from "#datapath/commands/dpctl.js";
import { Datapaths } from "#datapath/datapaths.js";
import { dummyDatapathClass } from "#datapath/dummy/dummy-class.js";
import type { DummyDevice } from "#datapath/dummy/dummy-device.js";
import { DummyDevices } from "#datapath/dummy/dummy-devices.js";
import { parseDatapathActions } from "#datapath/text/action-parse.js";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { FakeClock } from "#host/fake/clock.js";
import type { AppctlCommand } from "#runtime/command.js";
import { UserError } from "#util/errors.js";
import type { Tracked, Tracker } from "./tracker.js";

const AFTERWARDS = 1;

/** Ours, which may take other rules amid connections. */
export interface OurTracker extends Tracker {
  /** What is done to the client's packets from now on. */
  rule(fromClient: string): void;
}

/** Our datapath in this process: packets go through `ct`, and what no flow knows afterwards comes up. */
export function startOurTracker(): OurTracker {
  const clock = new FakeClock();
  const none = undefined as never;
  const devices = new DummyDevices({ clock, files: none, streams: none });
  const datapaths = new Datapaths([dummyDatapathClass("dummy", devices, { clock, random: () => 0.25 })]);
  const dummy = datapaths.classes[0]!;
  const datapath = dummy.open("ovs-dummy");
  const ports = [1, 2].map((n) => {
    const device = dummy.deviceClass("dummy")!.open(`p${n}`, new Map()) as DummyDevice;
    datapath.addPort(device, n);
    return device;
  });
  let came: Tracked[] = [];
  datapath.onUpcall((batch) => {
    for (const { key, packet } of batch) {
      if (key[W.recircId] !== AFTERWARDS) continue;
      came.push({
        state: key[W.ctState]!,
        mark: key[W.ctMark]!,
        bytes: Buffer.from(packet.data.subarray(12)).toString("hex"),
      });
    }
  });
  const commands: AppctlCommand[] = dpctlCommands({
    datapaths,
    clock,
    readFile: () => "",
    parseFilter: () => {
      throw new UserError("no filters here");
    },
    newUfid: () => "0".repeat(32),
  });
  const call = async (name: string, ...args: string[]): Promise<string> => {
    const command = commands.find((c) => c.name === name)!;
    try {
      const data = await command.run(args);
      return command.text === undefined ? (data as string) : command.text(data);
    } catch (error) {
      if (error instanceof UserError) return `${error.message}\n`;
      throw error;
    }
  };
  const put = (i: number, rule: string): void => {
    const stages = rule.split(";");
    for (const [stage, action] of stages.entries()) {
      const key = newKey();
      const mask = newKey();
      key[W.inPort] = i + 1;
      key[W.recircId] = stage === 0 ? 0 : AFTERWARDS + stage;
      mask[W.inPort] = mask[W.recircId] = 0xffffffff;
      const next = stage + 1 < stages.length ? AFTERWARDS + stage + 1 : AFTERWARDS;
      const actions = parseDatapathActions(`${action},recirc(${next})`);
      datapath.putFlow({ ufid: String(i).repeat(30) + String(stage).padStart(2, "0"), key, mask, actions });
    }
  };
  return {
    rule: (fromClient) => put(0, fromClient),
    begin: async ({ fromClient, fromServer }) => {
      datapath.flush();
      await datapath.conntrack.flush();
      for (const [i, rule] of [fromClient, fromServer].entries()) put(i, rule);
    },
    put: async (port, frame) => {
      came = [];
      ports[port - 1]!.receive(frame, undefined);
      return came;
    },
    call,
    warp: async (milliseconds) => clock.advance(milliseconds),
    stop: async () => datapath.close(),
  };
}
