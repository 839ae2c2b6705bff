/*
 * `ofproto/trace` over one connection to each daemon: what-ifs a second of packets that pass three tables, in turn.
 */
import { spawnSync } from "node:child_process";
import { connect } from "node:net";
import { join } from "node:path";
import { createNamespace } from "../src/host/linux/namespaces.js";
import { median } from "./guests.js";
import { startOurSwitch } from "./our-switch.js";
import { type RealSwitch, startRealSwitch } from "./real-switch.js";

const TRACES = 2000;
const WARM_UP = 8000;

const flows = [
  "table=0,in_port=LOCAL,actions=load:1->NXM_NX_REG0[],resubmit(,1)",
  ...Array.from(
    { length: 64 },
    (_, i) => `table=1,priority=20,tcp,nw_dst=10.1.${i}.0/24,actions=mod_dl_src:02:00:00:00:00:01,dec_ttl,resubmit(,2)`,
  ),
  "table=1,priority=0,actions=resubmit(,2)",
  "table=2,priority=10,reg0=1,actions=push_vlan:0x8100,set_field:4100->vlan_vid,IN_PORT",
];

/** Asks the same question `count` times, one after another; milliseconds. */
async function ask(socket: string, method: string, params: readonly string[], count: number): Promise<number> {
  const stream = connect(socket);
  await new Promise((resolve, reject) => stream.once("connect", resolve).once("error", reject));
  const request = (id: number): string => JSON.stringify({ method, params, id });
  const began = performance.now();
  let answered = 0;
  let text = "";
  await new Promise<void>((resolve, reject) => {
    stream.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      // An answer is whole when it parses: there is one under way at a time.
      let answer: { error: unknown };
      try {
        answer = JSON.parse(text);
      } catch {
        return;
      }
      text = "";
      if (answer.error !== null) reject(new Error(String(answer.error)));
      if (++answered === count) resolve();
      else stream.write(request(answered));
    });
    stream.write(request(0));
  });
  stream.destroy();
  return performance.now() - began;
}

/** Measures and prints; `rounds` of each. */
export async function benchTrace(rounds: number): Promise<void> {
  const homes = [createNamespace(), createNamespace()];
  const contestants: { readonly title: string; readonly running: RealSwitch; readonly rates: number[] }[] = [
    { title: "Weft", running: await startOurSwitch(homes[0]!, []), rates: [] },
    { title: "Open vSwitch", running: await startRealSwitch(homes[1]!, [], { tso: false }), rates: [] },
  ];
  try {
    for (const { running } of contestants) {
      for (const flow of flows) {
        const result = spawnSync("/usr/bin/ovs-ofctl", [
          "-OOpenFlow14",
          "add-flow",
          `unix:${join(running.directory, "br0.mgmt")}`,
          flow,
        ]);
        if (result.status !== 0) throw new Error(String(result.stderr));
      }
    }
    const question = ["br0", "in_port=LOCAL,tcp,nw_src=10.0.0.1,nw_dst=10.1.5.9,nw_ttl=64,tp_src=1000,tp_dst=80"];
    // A daemon that has been running for a while is asked.
    for (const { running } of contestants) {
      await ask(join(running.directory, "vs.ctl"), "ofproto/trace", question, WARM_UP);
    }
    for (let i = 0; i < rounds; i++) {
      for (const { title, running, rates } of contestants) {
        const took = await ask(join(running.directory, "vs.ctl"), "ofproto/trace", question, TRACES);
        rates.push((TRACES * 1000) / took);
        console.log(`  ${title.padEnd(14)} ${rates.at(-1)!.toFixed(0)} traces a second`);
      }
    }
  } finally {
    for (const { running } of contestants) await running.stop();
    for (const home of homes) home.close();
  }
  const [a, b] = contestants.map(({ rates }) => median(rates)) as [number, number];
  console.log(
    `medians: Weft ${a.toFixed(0)}, Open vSwitch ${b.toFixed(0)} traces a second: ${(a / b).toFixed(2)} times as many`,
  );
}
