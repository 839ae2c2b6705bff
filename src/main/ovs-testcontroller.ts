import { startTestcontroller } from "#cli/testcontroller/controller.js";
import { testcontrollerHelp } from "#cli/testcontroller/help.js";
import { programOptionRows, readTestcontrollerOptions, testcontrollerOptionRows } from "#cli/testcontroller/options.js";
import type { Host } from "#host/host.js";
import { runDaemon } from "#runtime/daemon-main.js";
import { daemonUsage } from "#runtime/daemon-options.js";
import { vlogUsage } from "#runtime/vlog-options.js";
import { UserError } from "#util/errors.js";
import { versionText } from "#util/version.js";
import { endWith } from "./support/end-with.js";

const program = "ovs-testcontroller";

async function main(argv: readonly string[]): Promise<number> {
  const { createDaemonHost } = await import("#host/linux/daemon-host.js");
  const host: Host = createDaemonHost();
  return runDaemon(
    {
      program,
      options: programOptionRows,
      allOptions: testcontrollerOptionRows,
      help: () => testcontrollerHelp(daemonUsage(program, host), vlogUsage(program, host)),
      version: () => versionText(program, "OpenFlow versions 0x1:0x6"),
      cleanup: false,
      check(options, operands) {
        readTestcontrollerOptions(options);
        if (operands.length === 0) {
          throw new UserError("at least one vconn argument required; use --help for usage");
        }
      },
      start: startTestcontroller,
    },
    argv,
    host,
  );
}

endWith(main(process.argv.slice(2)));
