import { OVS_VERSION, weftVersion } from "#util/version.js";
import { type DaemonEnvironment, SwitchDaemons } from "./daemons.js";
import { choosePlaces, type Places } from "./places.js";

export interface UpEnvironment extends DaemonEnvironment {
  print(text: string): void;
}

/**
 * Starts database and switch in the foreground, with everything below `directory` or in the usual places; returns the exit
 * status when they have stopped. Throws `UserError`.
 */
export async function up(directory: string | undefined, env: UpEnvironment): Promise<number> {
  const { host, print } = env;
  const places = choosePlaces(host, directory);
  let wake: (reason: "stop" | "died") => void = () => {};
  const over = new Promise<"stop" | "died">((resolve) => {
    wake = resolve;
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) host.process.onSignal(signal, () => wake("stop"));
  const daemons = new SwitchDaemons(env, places, {
    line: (text) => print(`  ${text}\n`),
    died: (name, how) => {
      print(`${name} ended ${how}\n`);
      wake("died");
    },
  });

  print(`Weft ${weftVersion}, an Open vSwitch ${OVS_VERSION}\n`);
  const fresh = await daemons.createDatabase();
  print(`database ${places.db}/conf.db${fresh ? " (new)" : ""}\n`);
  const began = host.clock.now();
  const serving = await daemons.start(["-vbridge:console:info"]);
  if (serving) {
    print(`ready after ${((host.clock.now() - began) / 1000).toFixed(2)} s\n\n${nextSteps(places)}\n`);
    if (!host.process.isRoot) {
      print("Not root: the database and bridges work, but network devices cannot be opened. See 'weft doctor'.\n");
    }
  }
  const reason = serving ? await over : "died";
  await daemons.stop();
  print(
    reason === "stop" ? "\nstopped\n" : `stopped, because a part of the switch ended; see the logs in ${places.log}\n`,
  );
  return reason === "stop" ? 0 : 1;
}

function nextSteps(places: Places): string {
  const exports = Object.entries(places.env).map(([name, value]) => `  export ${name}=${value}\n`);
  return [
    "The switch runs in this terminal; Ctrl-C stops it. In another one, in this folder:\n",
    ...exports,
    "  bin/ovs-vsctl add-br br0          # a bridge, with a network device of its name\n",
    "  bin/ovs-vsctl add-port br0 eth1   # plug a device in\n",
    "  bin/ovs-vsctl show                # what is configured\n",
    "  bin/ovs-appctl fdb/show br0       # what the bridge has learned\n",
    "  bin/weft demo                     # three namespaces, a ping and a transfer\n",
  ].join("");
}
