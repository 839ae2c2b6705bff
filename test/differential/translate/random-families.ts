import type { Flows } from "./switches.js";

/** Actions of any packet. */
const common = [
  ..."mod_dl_src:0:0:0:0:0:7 mod_dl_dst:0:0:0:0:0:8 set_field:0:0:0:0:0:f0/0:0:0:0:0:ff->eth_dst".split(" "),
  ..."set_field:5->reg0 set_field:0x50000->reg1 move:reg0[0..7]->reg1[8..15] move:eth_src[]->eth_dst[]".split(" "),
  ..."move:eth_src[0..15]->reg2[0..15] push:reg0[] pop:reg3[] push:eth_src[] pop:eth_dst[]".split(" "),
  ..."output:1 output:2 output:3 in_port output:reg0[] output:10 output:local set_field:3->in_port".split(" "),
  ..."set_queue:3 pop_queue set_field:9->pkt_mark set_field:3/7->pkt_mark set_field:4->tun_id".split(" "),
  ..."push_vlan:0x8100 push_vlan:0x88a8 pop_vlan mod_vlan_vid:5 mod_vlan_pcp:3".split(" "),
  ..."resubmit(,1) resubmit(,2) resubmit(2,1) note:11 exit controller".split(" "),
  "multipath(symmetric_l4,1,modulo_n,16,0,reg4[0..7])",
];

const ip = [
  ..."mod_nw_tos:4 set_field:2->ip_ecn set_field:1->ip_dscp mod_nw_ttl:9 dec_ttl".split(" "),
  ..."move:nw_ttl[]->reg1[0..7] push:nw_ecn[] pop:nw_ttl[]".split(" "),
];

/** Kinds of packets: their own actions, and fields that packets have one or another value of. */
const kinds: Readonly<Record<string, { readonly actions: readonly string[]; readonly fields: readonly string[] }>> = {
  tcp: {
    actions: [
      ...ip,
      ..."mod_nw_src:1.2.3.4 set_field:1.0.0.0/8->ip_dst mod_tp_src:80 set_field:0x100/0x100->tcp_dst".split(" "),
      ..."move:nw_src[]->nw_dst[] move:tcp_src[]->tcp_dst[]".split(" "),
    ],
    fields: ["nw_src=1.2.3.4|9.9.9.9", "nw_ttl=0|1|2|64", "tcp_src=80|7", "nw_tos=0|4", "nw_ecn=0|2"],
  },
  udp6: {
    actions: [...ip, "set_field:::1->ipv6_src", "mod_tp_dst:53", "move:ipv6_src[]->ipv6_dst[]"],
    fields: ["ipv6_src=::1|2::", "nw_ttl=1|9"],
  },
  arp: {
    actions:
      "set_field:1->arp_op set_field:1.1.1.1->arp_spa move:arp_sha[]->arp_tha[] set_field:0:0:0:0:0:3->arp_sha".split(
        " ",
      ),
    fields: ["arp_op=0|1|2", "arp_sha=0:0:0:0:0:3"],
  },
  icmp: {
    actions: [...ip, "set_field:3->icmp_type", "set_field:1->icmp_code"],
    fields: ["nw_ttl=1|9", "icmp_type=3|8"],
  },
  sctp: { actions: [...ip, "mod_tp_src:9"], fields: ["nw_ttl=1|9"] },
};

/** A choice of numbers that is the same for a seed. */
export class Choice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  below(n: number): number {
    this.#state = (this.#state * 48271) % 0x7fffffff;
    return this.#state % n;
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  some<T>(least: number, more: number, make: () => T): T[] {
    return Array.from({ length: least + this.below(more) }, make);
  }
}

/** Flows in a few tables, and packets for them. */
export function randomFamily(choice: Choice): { readonly flows: Flows; readonly packets: readonly string[] } {
  const kind = choice.of(Object.keys(kinds));
  const { actions, fields } = kinds[kind]!;
  const pool = [...common, ...actions, ...actions];
  const action = (): string =>
    choice.below(12) === 0 ? `clone(note:22,${choice.of(actions)},${choice.of(pool)})` : choice.of(pool);
  const list = (least: number, more: number): string => choice.some(least, more, action).join();
  const set = choice
    .some(1, 3, () => choice.of("output:4 output:2 push_vlan:0x8100 set_field:8->reg0 pop_vlan set_queue:2".split(" ")))
    .join();
  const end = choice.of(["", `,write_actions(${set})`, ",goto_table:1"]);
  const field = (text: string): string => {
    const [name, values = ""] = text.split("=");
    return `${name}=${choice.of(values.split("|"))}`;
  };
  const packet = (): string =>
    [
      `in_port=${choice.of([1, 1, 2])}`,
      kind,
      ...fields.map(field),
      `dl_src=0:0:0:0:0:${choice.of([1, 7])}`,
      ...choice.of([[], [], ["dl_vlan=5"], ["dl_vlan=3", "dl_vlan_pcp=2"]]),
    ].join();
  return {
    flows: {
      version: 15,
      br0: [
        `table=0,${kind},actions=${list(2, 6)}${end}`,
        `table=1,${kind},actions=${list(1, 5)}`,
        `table=2,${kind},in_port=${choice.of([1, 2])},actions=${list(1, 4)}`,
      ],
      br1: [`${kind},actions=${list(1, 4)}`],
    },
    packets: [packet(), packet(), packet()],
  };
}
