import { createDaemonHost } from "#host/linux/daemon-host.js";
import { runDaemon } from "#runtime/daemon-main.js";
import { UserError } from "#util/errors.js";
import { versionText } from "#util/version.js";

/** A daemon that does nothing but live, for tests of daemon life. `--fail` fails at its start, `--stuck` never becomes ready. */
const program = "idle-daemon";

void runDaemon(
  {
    program,
    options: [
      { name: "fail", argument: "none" },
      { name: "stuck", argument: "none" },
    ],
    help: () => "help\n",
    version: () => versionText(program),
    cleanup: true,
    keepNetwork: true,
    async start({ log, options, control }) {
      if (options.some((o) => o.name === "fail")) throw new UserError("told to fail");
      control.register([
        {
          name: "test/crash",
          usage: "",
          minArgs: 0,
          maxArgs: 0,
          run() {
            // After the answer, which goes at the end of this turn.
            setImmediate(() =>
              setImmediate(() => {
                throw new Error("bug");
              }),
            );
            return "";
          },
        },
      ]);
      if (options.some((o) => o.name === "stuck")) await new Promise(() => {});
      log.module("idle").info("serving");
      return { stop: (cleanup) => log.module("idle").info(`stopping, cleanup ${cleanup}`) };
    },
  },
  process.argv.slice(2),
  createDaemonHost(),
).then((status) => process.exit(status));
