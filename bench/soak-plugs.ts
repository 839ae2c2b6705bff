/* What changes during a soak beside its traffic: rules, and ports that come and go. */
import { createNamespace } from "../src/host/linux/namespaces.js";
import { LinuxNetHost } from "../src/host/linux/net-host.js";

/** Flow-mods without end: rules of no packet, and rules that the pairs' packets follow at times, in place of those that are always there. */
export function* endlessFlowMods(ports: readonly number[]): Generator<string[]> {
  for (let i = 0; ; i++) {
    const port = ports[i % ports.length]!;
    const live = `table=0,priority=2000,in_port=${port},ip`;
    const idle = `table=0,priority=3000,udp,nw_src=192.0.${(i >> 8) & 255}.${i & 255},tp_dst=${i % 60_000}`;
    yield ["add", `${live},actions=resubmit(,5)`];
    yield ["add", `${idle},actions=NORMAL`];
    yield ["modify_strict", `${live},actions=resubmit(,6)`];
    yield ["modify_strict", `${idle},actions=drop`];
    yield ["delete_strict", live];
    yield ["delete_strict", idle];
  }
}

export const FLOWS: readonly string[] = [
  "table=0,priority=1,actions=resubmit(,5)",
  "table=5,priority=1,actions=NORMAL",
  "table=6,priority=1,actions=resubmit(,5)",
];

/** The firewall: what comes from the first of two ports may begin connections, the second may answer. */
export function firewall(inside: number, outside: number): string[] {
  return [
    `table=5,priority=10,in_port=${inside},ip,actions=ct(table=10,zone=7)`,
    `table=5,priority=10,in_port=${outside},ip,actions=ct(table=10,zone=7)`,
    `table=10,priority=10,ct_state=+trk+new,in_port=${inside},ip,actions=ct(commit,zone=7),NORMAL`,
    "table=10,priority=10,ct_state=+trk+est,ip,actions=NORMAL",
    "table=10,priority=10,ct_state=+trk+rel,ip,actions=NORMAL",
    "table=10,priority=1,actions=drop",
  ];
}

/** Ports that come and go beside the pairs': veths and internal ports, some of which are gone before the switch is told. */
export class Plugs {
  readonly #far = createNamespace();
  readonly #net: LinuxNetHost;
  readonly #vsctl: (...args: string[]) => string;

  constructor(home: ReturnType<typeof createNamespace>, vsctl: (...args: string[]) => string) {
    this.#net = new LinuxNetHost(home);
    this.#vsctl = vsctl;
  }

  /** The `step`th change: a port comes with every even one, and goes with the next. */
  change(step: number): void {
    const round = step >> 1;
    const name = `whp${round % 10}`;
    const isInternal = round % 3 === 0;
    if (step % 2 === 0) {
      if (!isInternal) this.#net.createVeth(name, name, this.#far.fd);
      if (!isInternal) this.#net.setUp(name, true);
      const type = isInternal ? ["--", "set", "interface", name, "type=internal"] : [];
      this.#vsctl("add-port", "br0", name, "tag=4000", ...type);
      return;
    }
    if (!isInternal && round % 2 === 0) this.#net.deleteLink(name);
    this.#vsctl("del-port", "br0", name);
    if (!isInternal && round % 2 === 1) this.#net.deleteLink(name);
  }

  close(): void {
    this.#net.close();
    this.#far.close();
  }
}
