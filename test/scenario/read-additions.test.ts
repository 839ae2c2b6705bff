import { describe, expect, it } from "vitest";
import type { Bridge } from "#ofproto/bridge.js";
import { ownOrigin } from "#ofproto/tables/flow-changes.js";
import { formatActions } from "#openflow/actions/table.js";
import { parseFlowMod } from "#openflow/flow-text.js";
import { formatMatch } from "#openflow/match-text.js";
import { decodeMessage, encodeMessage } from "#openflow/messages/codec.js";
import type { FlowMod } from "#openflow/messages/flow/flow-mod.js";
import { OF13, OF14, OF15, type Version } from "#openflow/version.js";
import { SwitchLab } from "./switch-lab.js";

const shapes: readonly ((i: number) => string)[] = [
  (i) =>
    `table=${i % 5},priority=${i},in_port=${1 + (i % 9)},dl_dst=02:00:00:00:${(i >> 8) & 255}:0${i & 7},actions=output:${1 + (i % 7)}`,
  (i) => `cookie=0x${(i * 7).toString(16)},priority=${i},dl_vlan=${1 + (i % 4000)},actions=strip_vlan,output:2`,
  (i) =>
    `priority=${i},ip,nw_dst=10.${i & 255}.0.0/16,idle_timeout=${i % 100},actions=dec_ttl,mod_dl_src:02:00:00:00:00:01,output:3`,
  (i) => `table=${i % 3},tcp,nw_src=10.0.${i >> 8}.${i & 255},tp_dst=443,actions=resubmit(,${1 + (i % 9)})`,
  (i) => `udp,nw_src=10.${i & 255}.0.0/16,tp_dst=${(i & 0xff) << 4}/0xfff0,hard_timeout=9,send_flow_rem,actions=drop`,
  (i) =>
    `reg0=0x${i.toString(16)},metadata=7,actions=load:0x${(i & 0xffff).toString(16)}->NXM_NX_REG1[0..15],resubmit(,3)`,
  (i) => `ct_state=+trk+est,ip,nw_dst=10.2.${i >> 8}.${i & 255},actions=ct(table=4,zone=${1 + (i % 900)},nat)`,
  (i) => `priority=${i},ipv6,ipv6_dst=2001:db8:${(i & 0xffff).toString(16)}::/48,actions=set_queue:${i & 7},output:4`,
  // These are not for the reader: groups and learning are looked at.
  (i) => `priority=${i},tun_id=${i},actions=learn(table=9,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])`,
  (i) => `priority=${i},conj_id=${i},ip,actions=conjunction(${i},1/2)`.replace(/conj_id=\d+,/, ""),
];

function bridge(): Bridge {
  const lab = new SwitchLab();
  lab.addBridge("br0", { failMode: "secure" });
  return lab.switches.bridges.get("br0")!;
}

/** Every flow, in the order of the tables. */
const shown = ({ state }: Bridge): string[] =>
  state.tables
    .rules()
    .filter((r) => r.tableId < 254)
    .map((r) =>
      [
        r.tableId,
        r.priority,
        r.cookie,
        r.idleTimeout,
        r.hardTimeout,
        r.importance,
        r.flags,
        formatMatch(r.match),
        formatActions(r.actions),
      ].join(" "),
    )
    .sort();

const bodyOf = (bytes: Uint8Array): FlowMod => decodeMessage(bytes).body as FlowMod;

describe("additions that are read at a glance", () => {
  it.each<Version>([OF13, OF14, OF15])("make the flows that decoding them makes, in version %i", (version) => {
    const [fast, slow] = [bridge(), bridge()];
    let glances = 0;
    for (let i = 0; i < 3000; i++) {
      const bytes = encodeMessage(parseFlowMod(shapes[i % shapes.length]!(i), "add").flowMod, version, i);
      const addition = fast.readAddition(bytes, {});
      if (addition === undefined) fast.flowMod(bodyOf(bytes), ownOrigin);
      else {
        glances++;
        expect(fast.commit([addition])).toBeUndefined();
      }
      slow.flowMod(bodyOf(bytes), ownOrigin);
    }
    expect(glances).toBeGreaterThan(2000);
    expect(shown(fast)).toEqual(shown(slow));
    const changes = ["delete", "modify"] as const;
    for (const command of changes) {
      const text = command === "delete" ? "table=0,ip" : "table=2,tcp,actions=output:9";
      for (const each of [fast, slow]) each.flowMod(parseFlowMod(text, command).flowMod, ownOrigin);
      expect(shown(fast)).toEqual(shown(slow));
    }
    const toPort = parseFlowMod("out_port=2", "delete").flowMod;
    for (const each of [fast, slow]) each.flowMod(toPort, ownOrigin);
    expect(shown(fast)).toEqual(shown(slow));
  });

  it("take the place of flows that match the same, and are taken back with their bundle", () => {
    const made = bridge();
    const bytes = (i: number): Uint8Array =>
      encodeMessage(parseFlowMod(`in_port=${i},actions=output:${i + 1}`, "add").flowMod, OF14, i);
    for (let i = 1; i <= 40; i++) made.flowMod(bodyOf(bytes(i)), ownOrigin);
    const known = (i: number): ReturnType<Bridge["readAddition"]> => made.readAddition(bytes(i), {});
    for (let i = 1; i <= 40; i++) known(i);
    const before = shown(made);
    const additions = [known(3), known(99)];
    expect(additions.every((a) => a !== undefined)).toBe(true);
    const overlap = parseFlowMod("check_overlap,priority=32768,actions=drop", "add").flowMod;
    const failure = made.commit([...additions.map((a) => a!), made.flowModification(overlap, ownOrigin)]);
    expect(failure?.index).toBe(2);
    expect(shown(made)).toEqual(before);
    expect(made.commit([known(3)!, known(99)!])).toBeUndefined();
    expect(shown(made).length).toBe(before.length + 1);
  });
});
