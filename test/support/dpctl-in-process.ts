import { dpctlCommands } from "#datapath/commands/dpctl.js";
import { dpifNetdevCommands } from "#datapath/commands/dpif-netdev.js";
import { Datapaths } from "#datapath/datapaths.js";
import { dummyDatapathClass } from "#datapath/dummy/dummy-class.js";
import { DummyDevices } from "#datapath/dummy/dummy-devices.js";
import { FakeClock } from "#host/fake/clock.js";
import { parseMatch } from "#openflow/match-parse.js";
import type { AppctlCommand } from "#runtime/command.js";
import { UserError } from "#util/errors.js";
import type { Json } from "#util/json.js";

/** The `dpctl/*` and `dpif-netdev/*` commands over dummy datapaths, in this process. */
export interface DpctlInProcess {
  readonly datapaths: Datapaths;
  /** Runs a command; gives its text, that of a failure too. */
  call(command: string, ...args: string[]): string;
}

/** `files` are those that commands can be told to read. */
export function dpctlInProcess(files: ReadonlyMap<string, string> = new Map()): DpctlInProcess {
  const clock = new FakeClock();
  const none = undefined as never;
  const devices = new DummyDevices({ clock, files: none, streams: none });
  const datapaths = new Datapaths([dummyDatapathClass("dummy", devices, { clock, random: () => 0.5 })]);
  let ufids = 0;
  const commands: AppctlCommand[] = [
    ...dpctlCommands({
      datapaths,
      clock,
      readFile: (path) => files.get(path) ?? "",
      parseFilter: (text, portNumber) => parseMatch(text, { portNumber }),
      newUfid: () => (++ufids).toString(16).padStart(32, "0"),
    }),
    ...dpifNetdevCommands(datapaths, clock),
  ];
  return {
    datapaths,
    call(name, ...args) {
      const command = commands.find((c) => c.name === name);
      if (command === undefined) throw new Error(`no command ${name}`);
      try {
        const data = command.run(args) as Json;
        return command.text ? command.text(data) : (data as string);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        return error.message;
      }
    },
  };
}
