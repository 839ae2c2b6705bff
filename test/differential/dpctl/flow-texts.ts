import fc from "fast-check";

/* Random datapath flows and actions as text, in the forms that `dpctl/add-flow` takes. */

/** Often the values that are special. */
function num(max: number, ...special: number[]): fc.Arbitrary<number> {
  return fc.oneof(fc.nat(max), fc.constantFrom(0, 1, max, ...special));
}

const hex = (n: number): string => `0x${n.toString(16)}`;

const mac: fc.Arbitrary<string> = fc
  .array(num(255), { minLength: 6, maxLength: 6 })
  .map((bytes) => bytes.map((b) => b.toString(16).padStart(2, "0")).join(":"));

const ip4: fc.Arbitrary<string> = fc.array(num(255, 10, 192), { minLength: 4, maxLength: 4 }).map((b) => b.join("."));

const ip4Mask: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom("255.255.255.0", "255.0.0.0", "255.255.255.255", "0.0.0.0", "0.0.0.255"),
  ip4,
);

const ip6: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom("::", "::1", "fe80::1", "ffff::", "::ffff:1.2.3.4", "2001:db8::1:0:0:1"),
  fc.array(num(0xffff), { minLength: 8, maxLength: 8 }).map((words) => words.map((w) => w.toString(16)).join(":")),
);

/** `NAME=VALUE`, with a mask or without. */
function field(
  name: string,
  value: fc.Arbitrary<string | number>,
  mask?: fc.Arbitrary<string | number>,
): fc.Arbitrary<string> {
  const plain = value.map((v) => `${name}=${v}`);
  return mask === undefined
    ? plain
    : fc.oneof(
        plain,
        fc.tuple(value, mask).map(([v, m]) => `${name}=${v}/${m}`),
      );
}

/** Some of the fields, in their order. */
function some(...fields: fc.Arbitrary<string>[]): fc.Arbitrary<string> {
  return fc
    .tuple(...fields.map((f) => fc.option(f, { freq: 3 })))
    .map((chosen) => chosen.filter((text) => text !== null).join(","));
}

function all(...fields: fc.Arbitrary<string>[]): fc.Arbitrary<string> {
  return fc.tuple(...fields).map((texts) => texts.join(","));
}

const hexOf = (max: number, ...special: number[]): fc.Arbitrary<string> => num(max, ...special).map(hex);
const port = num(0xffff, 80);

const eth = some(field("src", mac, mac), field("dst", mac, mac)).map((text) => `eth(${text})`);
const frag = fc.constantFrom("frag=no", "frag=first", "frag=later", "frag=no", "frag=no");

/** What may follow the protocol: for an IP protocol number, an attribute. */
function transport(proto: number, isIp6: boolean): fc.Arbitrary<string> {
  const ports = some(field("src", port, hexOf(0xffff)), field("dst", port, hexOf(0xffff)));
  const types = some(field("type", num(255, 8), hexOf(255)), field("code", num(255), hexOf(255)));
  switch (proto) {
    case 6:
      return fc
        .tuple(ports, fc.option(flagsOf("tcp_flags", tcpFlags)))
        .map(([p, f]) => `,tcp(${p})${f === null ? "" : `,${f}`}`);
    case 17:
      return ports.map((p) => `,udp(${p})`);
    case 132:
      return ports.map((p) => `,sctp(${p})`);
    case 1:
      return isIp6 ? fc.constant("") : types.map((t) => `,icmp(${t})`);
    case 58:
      if (!isIp6) return fc.constant("");
      return fc.oneof(
        types.map((t) => `,icmpv6(${t})`),
        some(field("target", ip6, ip6), field("sll", mac, mac), field("tll", mac)).map(
          (nd) => `,icmpv6(type=135,code=0),nd(${nd})`,
        ),
      );
    default:
      return fc.constant("");
  }
}

const tcpFlags = ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ns"];
const ctFlags = ["new", "est", "rel", "rpl", "inv", "trk", "snat", "dnat"];

/** Flags in one of the ways they are written. */
function flagsOf(name: string, flags: readonly string[]): fc.Arbitrary<string> {
  const signed = fc
    .tuple(fc.subarray([...flags]), fc.integer())
    .map(([chosen, bits]) => chosen.map((flag, i) => `${(bits >> i) & 1 ? "+" : "-"}${flag}`).join(""))
    .filter((text) => text !== "");
  const exact = fc.subarray([...flags], { minLength: 1 }).map((chosen) => chosen.join("|"));
  const number = fc.oneof(
    hexOf(0xff),
    fc.tuple(hexOf(0xff), hexOf(0xff)).map(([v, m]) => `${v}/${m}`),
  );
  return fc.oneof(signed, exact, number).map((text) => `${name}(${text})`);
}

const ipProto = fc.constantFrom(6, 17, 1, 58, 132, 47, 2);

const ipv4 = ipProto.chain((proto) =>
  fc
    .tuple(
      some(
        field("src", ip4, ip4Mask),
        field("dst", ip4, ip4Mask),
        fc.constant(`proto=${proto}`),
        field("tos", hexOf(255), hexOf(255)),
        field("ttl", num(255, 64), hexOf(255)),
        frag,
      ),
      transport(proto, false),
    )
    .map(([fields, more]) => `eth_type(0x0800),ipv4(${fields})${fields.includes("proto=") ? more : ""}`),
);

const ipv6 = ipProto.chain((proto) =>
  fc
    .tuple(
      some(
        field("src", ip6, ip6),
        field("dst", ip6, ip6),
        field("label", hexOf(0xfffff), hexOf(0xfffff)),
        fc.constant(`proto=${proto}`),
        field("tclass", hexOf(255), hexOf(255)),
        field("hlimit", num(255, 64), hexOf(255)),
        frag,
      ),
      transport(proto, true),
    )
    .map(([fields, more]) => `eth_type(0x86dd),ipv6(${fields})${fields.includes("proto=") ? more : ""}`),
);

const arp = some(
  field("sip", ip4, ip4Mask),
  field("tip", ip4, ip4Mask),
  field("op", num(5), hexOf(255)),
  field("sha", mac, mac),
  field("tha", mac, mac),
).map((text) => `eth_type(0x0806),arp(${text})`);

const mpls = some(
  field("label", num(0xfffff), hexOf(0xfffff)),
  field("tc", num(7), num(7)),
  field("ttl", num(255), hexOf(255)),
  fc.constantFrom("bos=1", "bos=1", "bos=1", "bos=0", "bos=1/0"),
).map((text) => `eth_type(0x8847),mpls(${text})`);

// No NSH: the installed switch does not read its own text of it.
const inner = fc.oneof(
  ipv4,
  ipv6,
  arp,
  mpls,
  hexOf(0xffff, 0x1234, 0x88cc).map((t) => `eth_type(${t})`),
);

const vlan = some(field("vid", num(4095), hexOf(0xfff)), field("pcp", num(7), hexOf(7)));

const tagged = fc.oneof(
  { weight: 6, arbitrary: inner },
  { weight: 2, arbitrary: fc.tuple(vlan, inner).map(([v, i]) => `eth_type(0x8100),vlan(${v}),encap(${i})`) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(vlan, vlan, inner)
      .map(([a, b, i]) => `eth_type(0x88a8),vlan(${a}),encap(eth_type(0x8100),vlan(${b}),encap(${i}))`),
  },
);

const tunnel = all(
  some(field("tun_id", hexOf(0xffffff), hexOf(0xffffff)), field("src", ip4, ip4Mask)),
  ip4.filter((address) => address !== "0.0.0.0").map((address) => `dst=${address}`),
  some(field("tos", hexOf(255), hexOf(255)), field("tp_src", port), field("tp_dst", port, hexOf(0xffff))),
  fc.oneof({ weight: 20, arbitrary: field("ttl", num(255), hexOf(255)) }, fc.constant("")),
  fc.oneof(
    fc.constantFrom("flags(df|csum|key)", "flags(+df-csum+key)", "flags(0)", "flags(-df)"),
    some(field("id", num(0xffff), hexOf(0xffff)), field("flags", hexOf(255), hexOf(255))).map(
      (gbp) => `vxlan(gbp(${gbp})),flags(+key)`,
    ),
  ),
).map((text) => `tunnel(${text.replace(/,,+/g, ",").replace(/^,/, "")})`);

const metadata = some(
  tunnel,
  hexOf(0xff).map((v) => `skb_priority(${v})`),
  fc
    .oneof(
      hexOf(0xff),
      fc.tuple(hexOf(0xff), hexOf(0xff)).map(([v, m]) => `${v}/${m}`),
    )
    .map((v) => `skb_mark(${v})`),
  flagsOf("ct_state", ctFlags),
  fc
    .oneof(
      num(0xffff).map(String),
      hexOf(0xffff).map((v) => `${v}/0xff`),
    )
    .map((v) => `ct_zone(${v})`),
  fc
    .oneof(
      hexOf(0xffff),
      hexOf(0xffff).map((v) => `${v}/0xf0f0`),
    )
    .map((v) => `ct_mark(${v})`),
  fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map((v) => `ct_label(0x${v.toString(16)})`),
  hexOf(0xffff).map((v) => `recirc_id(${v})`),
  fc
    .oneof(
      hexOf(0xffff),
      hexOf(0xffff).map((v) => `${v}/0xf`),
    )
    .map((v) => `dp_hash(${v})`),
);

const inPort = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom("in_port(1),", "in_port(q1),", "in_port(2),") },
  fc.constant(""),
);

/** A flow's match; most are whole, some lack what must be there. */
export const matchText: fc.Arbitrary<string> = fc
  .tuple(fc.option(metadata, { freq: 2 }), inPort, eth, tagged)
  .map(([meta, inPort, ethernet, rest]) => `${meta ? `${meta},` : ""}${inPort}${ethernet},${rest}`);

/** A tunnel to send to, told whole. */
const wholeTunnel = fc
  .tuple(
    field("tun_id", hexOf(0xffffff)),
    some(
      field(
        "src",
        ip4.filter((address) => address !== "0.0.0.0"),
      ),
    ),
    field(
      "dst",
      ip4.filter((address) => address !== "0.0.0.0"),
    ),
    field("ttl", num(255)),
    fc.constantFrom("tp_dst=4789", "tp_src=3,tp_dst=6081"),
    fc.constantFrom("flags(df|csum|key)", "flags(key)", "flags(df|key)"),
  )
  .map((parts) => `tunnel(${parts.filter((part) => part !== "").join(",")})`);

const setField: fc.Arbitrary<string> = fc.oneof(
  eth.filter((text) => text !== "eth()"),
  some(
    field("src", ip4, ip4Mask),
    field("dst", ip4, ip4Mask),
    field("tos", hexOf(255), hexOf(255)),
    field("ttl", num(255), hexOf(255)),
  )
    .filter((text) => text !== "")
    .map((text) => `ipv4(${text})`),
  some(
    field("src", ip6, ip6),
    field("dst", ip6),
    field("label", hexOf(0xfffff), hexOf(0xfffff)),
    field("tclass", hexOf(255), hexOf(255)),
    field("hlimit", num(255)),
  )
    .filter((text) => text !== "")
    .map((text) => `ipv6(${text})`),
  fc
    .tuple(fc.constantFrom("tcp", "udp", "sctp"), field("src", port, hexOf(0xffff)), field("dst", port))
    .map(([kind, src, dst]) => `${kind}(${src},${dst})`),
  some(field("type", num(255)), field("code", num(255), hexOf(255)))
    .filter((text) => text !== "")
    .map((text) => `icmp(${text})`),
  hexOf(0xffff).map((v) => `skb_priority(${v})`),
  hexOf(0xffff).map((v) => `skb_mark(${v}/0xff0)`),
  field("sip", ip4).map((text) => `arp(${text})`),
  all(field("label", num(0xfffff)), field("tc", num(7)), field("ttl", num(255)), field("bos", num(1))).map(
    (text) => `mpls(${text})`,
  ),
  wholeTunnel,
);

const nat = fc.oneof(
  fc.constantFrom("nat", "nat(src)", "nat(dst)"),
  fc
    .tuple(
      fc.constantFrom("src", "dst"),
      fc.oneof(
        ip4,
        ip6.map((a) => `[${a}]`),
      ),
      fc.option(num(65535, 80).filter((p) => p > 0)),
      fc.subarray(["persistent"]),
      fc.constantFrom("", ",hash", ",random"),
    )
    .map(
      ([side, address, natPort, persistent, how]) =>
        `nat(${side}=${natPort === null ? address.replace(/[[\]]/g, "") : `${address}:${natPort}`}${persistent.map((p) => `,${p}`).join("")}${how})`,
    ),
);

const ct = fc
  .tuple(
    fc.constantFrom("", "commit", "force_commit", "commit"),
    fc.option(field("zone", num(0xffff))),
    fc.option(fc.tuple(hexOf(0xffff), hexOf(0xffff)).map(([v, m]) => `mark=${v}/${m}`)),
    fc.option(
      fc
        .oneof(
          hexOf(0xffff),
          fc.tuple(hexOf(0xffff), hexOf(0xffff)).map(([v, m]) => `${v}/${m}`),
        )
        .map((v) => `label=${v}`),
    ),
    fc.constantFrom(null, "helper=ftp", "helper=tftp"),
    fc.option(nat),
    fc.constantFrom(null, "timeout=tp1"),
  )
  .map((parts) => parts.filter((part) => part).join(","))
  .map((text) => (text === "" ? "ct" : `ct(${text})`));

const simple: fc.Arbitrary<string> = fc.oneof(
  num(20).map(String),
  fc.constantFrom("q1", "q2", "nosuch", "pop_vlan", "ct_clear", "drop", "pop_nsh()", "tnl_pop(3)"),
  all(field("vid", num(4095)), field("pcp", num(7))).map((t) => `push_vlan(${t})`),
  setField.map((text) => `set(${text})`),
  num(0xffff).map((n) => `recirc(${n})`),
  num(100).map((n) => `meter(${n})`),
  num(2000).map((n) => `trunc(${n})`),
  ct,
  fc.constantFrom(
    "userspace(pid=5,slow_path(cfm))",
    "userspace(pid=9765,sFlow(vid=9,pcp=7,output=10))",
    "userspace(pid=1,userdata(0102030405060708090a))",
    "userspace(pid=1,flow_sample(probability=1,collector_set_id=2,obs_domain_id=3,obs_point_id=4,output_port=5,ingress))",
  ),
  num(10).map((n) => `lb_output(${n})`),
);

const { list } = fc.letrec<{ list: string; action: string }>((tie) => ({
  action: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    { weight: 10, arbitrary: simple },
    { weight: 1, arbitrary: tie("list").map((inside) => `clone(${inside})`) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom("0.0%", "12.5%", "50%", "100.0%"), tie("list"))
        .map(([share, inside]) => `sample(sample=${share},actions(${inside}))`),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(num(1500), tie("list"), tie("list"))
        .map(([size, gt, le]) => `check_pkt_len(size=${size},gt(${gt}),le(${le}))`),
    },
  ),
  list: fc.array(tie("action"), { minLength: 1, maxLength: 4 }).map((actions) => actions.join(",")),
}));

/** A list of actions; some are not accepted. None sets what is masked out whole, which ours drops. */
export const actionsText: fc.Arbitrary<string> = list.filter(
  (text) => !/set\([a-z0-9_]+\([a-z]+=[^,()]*\/(?:0x)?0[,)]/.test(text),
);
