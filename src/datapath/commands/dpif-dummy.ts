import type { AppctlCommand } from "#runtime/command.js";
import { UserError } from "#util/errors.js";
import type { Datapaths } from "../datapaths.js";
import { InProcessEngine } from "../userspace/in-process-engine.js";
import { UserspaceDatapath } from "../userspace/userspace-datapath.js";

/** `dpif-dummy/change-port-number`: takes a port out and puts it back under another number, as a test of who relies on it. */
export function dpifDummyCommands(datapaths: Datapaths): AppctlCommand[] {
  return [
    {
      name: "dpif-dummy/change-port-number",
      usage: "dp port new-number",
      minArgs: 3,
      maxArgs: 3,
      run: ([name, portName, text]) => {
        const dp = datapaths
          .all()
          .find((d) => d instanceof UserspaceDatapath && d.engine instanceof InProcessEngine && d.name === name);
        if (dp === undefined) throw new UserError("unknown datapath or not a dummy");
        const port = dp.portByName(portName ?? "");
        if (port === undefined) throw new UserError("unknown port");
        const number = /^\d+$/.test(text ?? "") ? Number(text) : 0;
        if (number <= 0 || number > 65535) throw new UserError("bad port number");
        if (dp.port(number) !== undefined) throw new UserError("port number already in use");
        dp.removePort(port.number);
        dp.addPort(port.device, number);
        return "";
      },
    },
  ];
}
