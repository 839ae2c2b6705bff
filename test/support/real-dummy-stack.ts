import { RawClient } from "./ovsdb-raw-client.js";
import { realPrograms, SwitchStack } from "./switch-stack.js";

/** The installed switch with dummy devices, its appctl socket open. */
export interface RealDummyStack {
  readonly stack: SwitchStack;
  /** Runs an appctl command; gives its text, that of a failure too. */
  call(command: string, ...words: string[]): Promise<string>;
  close(): Promise<void>;
}

/** Starts it with what ovs-vsctl's commands in `setup` make. */
export async function startRealDummyStack(setup: readonly string[]): Promise<RealDummyStack> {
  const switchOptions = ["--enable-dummy", "--disable-system"];
  const stack = await SwitchStack.start(realPrograms, { switchOptions, hostNetwork: true });
  await stack.must(realPrograms.vsctl, ...setup.join(" -- ").split(" "));
  const appctl = await RawClient.open(stack.path(`ovs-vswitchd.${stack.pid("ovs-vswitchd")}.ctl`));
  return {
    stack,
    async call(command, ...words) {
      const { result, error } = await appctl.call(command, words);
      return String(error ?? result);
    },
    async close() {
      appctl.close();
      await stack.close();
    },
  };
}
