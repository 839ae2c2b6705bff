/* New TCP connections through a stateful firewall of the userspace engines. */
import { BareConnections } from "./bare-connections.js";
import { type Contestant, cpuDuring, figuresOf, inTurn, makeRow, type Pair, type Row } from "./userspace-pair.js";

const SECONDS = 1;

const firewall = [
  "table=0,priority=10,tcp,ct_state=-trk,actions=ct(zone=1,table=1)",
  "table=1,priority=10,tcp,ct_state=+trk+new-inv,in_port=1,actions=ct(commit,zone=1),output:2",
  "table=1,priority=10,tcp,ct_state=+trk+est-inv,in_port=1,actions=output:2",
  "table=1,priority=10,tcp,ct_state=+trk+est-inv,in_port=2,actions=output:1",
  "table=1,priority=0,actions=drop",
];

/** Connections opened and closed through a firewall that lets one side begin. */
export async function connectionRows(pair: Pair, rounds: number): Promise<readonly Row[]> {
  const rate = makeRow("TCP connections through ct", "/s", 0, { least: 1 });
  const cost = makeRow("  CPU of a connection", "µs", 1, { most: 1 });
  const openers = new Map<Contestant, BareConnections>();
  for (const each of [pair.ours, pair.theirs]) {
    each.setFlows(firewall);
    openers.set(each, new BareConnections(...each.guests));
  }
  // The first round is to get warm.
  await inTurn(pair, rounds + 1, "connections", async (each, round) => {
    const [from, to] = each.guests;
    each.appctl("dpctl/flush-conntrack");
    const { result, cpu } = await from.discarding(() =>
      to.discarding(() => cpuDuring(each, () => openers.get(each)!.run(SECONDS))),
    );
    if (round === 0) return;
    const tracked = Number(/TCP\s*[:=]\s*(\d+)/i.exec(each.appctl("dpctl/ct-stats-show"))?.[1]);
    if (!(tracked >= result.closed && result.closed > 0))
      throw new Error(`${result.closed} connections of ${result.opened}, but ${tracked} are tracked`);
    figuresOf(rate, pair, each).push(result.closed / SECONDS);
    figuresOf(cost, pair, each).push((cpu * 1000) / result.closed);
  });
  for (const each of openers.values()) each.close();
  return [rate, cost];
}
