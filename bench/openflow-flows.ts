/** Flows such as a network's switches have: learning, routing, firewalls, tunnels, connection tracking. The same for the same count. */
export function flowLines(count: number): string[] {
  return Array.from({ length: count }, (_, i) => shapes[i % shapes.length]!(i));
}

const mac = (n: number): string =>
  [2, 0, n >>> 16, n >>> 8, n]
    .map((b) => (b & 255).toString(16).padStart(2, "0"))
    .join(":")
    .concat(":01");
const ip = (n: number): string => `10.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}`;
const common = (i: number): string =>
  `cookie=0x${(i * 7919).toString(16)},table=${i % 40},priority=${100 + (i % 60000)}`;

/** Each makes flow number `i` of its kind. */
const shapes: readonly ((i: number) => string)[] = [
  (i) => `${common(i)},in_port=${1 + (i % 60)},dl_dst=${mac(i)},actions=output:${1 + (i % 50)}`,
  (i) => `${common(i)},dl_vlan=${1 + (i % 4000)},dl_src=${mac(i)},actions=strip_vlan,output:${1 + (i % 50)}`,
  (i) =>
    `${common(i)},ip,nw_dst=${ip(i)}/24,actions=dec_ttl,mod_dl_src:${mac(i)},mod_dl_dst:${mac(i + 1)},output:${1 + (i % 50)}`,
  (i) =>
    `${common(i)},tcp,nw_src=${ip(i)},nw_dst=${ip(i * 3)},tp_src=${1024 + (i % 60000)},tp_dst=443,idle_timeout=60,actions=resubmit(,${1 + (i % 40)})`,
  (i) => `${common(i)},udp,nw_src=${ip(i)}/16,tp_dst=${i & 65535}/0xfff0,actions=drop`,
  (i) =>
    `${common(i)},reg0=0x${i.toString(16)},metadata=0x${(i % 255).toString(16)},actions=load:0x${(i & 65535).toString(16)}->NXM_NX_REG1[0..15],resubmit(,${1 + (i % 40)})`,
  (i) => `${common(i)},ct_state=+trk+est,ip,nw_dst=${ip(i)},actions=ct(table=${1 + (i % 40)},zone=${i & 65535},nat)`,
  (i) =>
    `${common(i)},tun_id=0x${i.toString(16)},dl_dst=${mac(i)},actions=set_field:${ip(i)}->tun_dst,output:${1 + (i % 50)}`,
  (i) =>
    `${common(i)},arp,arp_tpa=${ip(i)},actions=move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],set_field:${mac(i)}->eth_src,IN_PORT`,
  (i) =>
    `${common(i)},ipv6,ipv6_dst=2001:db8:${(i & 65535).toString(16)}::/48,actions=set_queue:${i & 7},output:${1 + (i % 50)}`,
];
