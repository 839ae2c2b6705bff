import fc from "fast-check";
import { actionTexts } from "./openflow-action-texts.js";
import { matchTexts } from "./openflow-match-texts.js";

/** Texts of actions with the match that some need before them: `tcp|mod_tp_src:80`. */
const flowsOfActions: readonly string[] = actionTexts.map((text) => {
  const bar = text.indexOf("|");
  return bar < 0 ? `actions=${text}` : `${text.slice(0, bar)},actions=${text.slice(bar + 1)}`;
});

/** Flows with every match and every action that is compared elsewhere. */
export const corpusFlows: readonly string[] = [...matchTexts.map((text) => `${text},actions=2`), ...flowsOfActions];

/** Flows whose words beside the match are right, wrong, or in the wrong place. */
export const flowTexts: readonly string[] = [
  ...["", "tcp", "foo=1", "actions=", "actions=,", "actions:1", "actions(1)", "action=1", "actionsfoo=1", "xactions=1"],
  ...["foo,actions=1", "foo=1,actions=foo", "actions=1,actions=2", "tcp;actions=1", " ,tcp,,priority=3, actions=1"],
  ...["cookie=action,actions=1", "cookie=1,actions=2,priority=3", "Priority=3,actions=1", "TCP,actions=1"],
  ...["5", "0x10", "010", "-1", " 5", "+5", "65535", "65536", "5x", "", "foo"].flatMap((n) =>
    ["priority", "idle_timeout", "hard_timeout", "importance"].map((key) => `${key}=${n},actions=1`),
  ),
  ...["1", "01", "0x1", "-1", "1x", "254", "255", "256", "all", '"1"', ""].map((table) => `table=${table},actions=1`),
  ...["5", "0x1/", "/1", "-1", "0xffffffffffffffff", "0x10000000000000000", "18446744073709551616", "1/2/3", "foo"].map(
    (cookie) => `cookie=${cookie},actions=1`,
  ),
  ...["cookie=1/2,foo,actions=1", "foo,cookie=1/2,actions=1", "cookie=1/2,actions=foo", "cookie=1,cookie=2,actions=1"],
  ...["send_flow_rem", "check_overlap", "reset_counts", "no_packet_counts", "no_byte_counts"].flatMap((flag) => [
    `${flag},actions=1`,
    `${flag}=1,actions=1`,
  ]),
  ...["allow_hidden_fields,tcp,actions=1", "out_port=1,actions=1", "out_group=1,actions=1", "buffer_id=1,actions=1"],
  ...["duration=1.5s,table=0,n_packets=1,n_bytes=2,idle_age=3,hard_age=4,actions=1", "n_packets,actions=1"],
  ...["tcp=5,actions=1", "tcp(5),actions=1", "eth=1,actions=1", "in_port=,actions=1", "reg0[0..3],actions=1"],
  ...["table=1,actions=goto_table:1", "table=1,actions=goto_table:2", "table=3,skb_priority=1,actions=1"],
  ...["skb_priority=1,actions=foo", "reset_counts,actions=dec_ttl", "reg0=1,actions=push_vlan:0x8100"],
  ...["tp_src=3,actions=1", "ipv6,tp_src=1,actions=1", "dl_type=0x800,dl_type=0x86dd,actions=1"],
  ...["actions=resubmit(,300)", "in_port=65280,actions=1", "in_port=65535,actions=IN_PORT", "delete tcp"],
];

const number = fc.nat({ max: 0xffff });
const optional = (word: fc.Arbitrary<string>): fc.Arbitrary<string> => fc.oneof(fc.constant(""), word);
const keyed = (key: string, value: fc.Arbitrary<number | string>): fc.Arbitrary<string> =>
  optional(value.map((v) => `${key}=${v},`));
const cookie = fc.bigInt({ min: 0n, max: 2n ** 64n - 2n });
const maskedCookie = fc.tuple(cookie, cookie).map(([value, mask]) => `${value}/${mask}`);

/** Lines as `add-flows` reads them: what is to be done, and a flow with some of the words that it may have. */
export function flowLines(flows: readonly string[]): fc.Arbitrary<string> {
  const flow = fc.constantFrom(...flows);
  const settings = [keyed("priority", number), keyed("idle_timeout", number), keyed("hard_timeout", number)] as const;
  const add = fc
    .tuple(
      fc.constantFrom("", "add "),
      ...settings,
      keyed("cookie", cookie.map(String)),
      keyed("importance", number),
      flow,
    )
    .map((parts) => parts.join(""));
  const modify = fc
    .tuple(
      fc.constantFrom("modify ", "modify_strict\t"),
      ...settings,
      keyed("cookie", cookie.map(String)),
      keyed("cookie", maskedCookie),
      flow,
    )
    .map((parts) => parts.join(""));
  const match = flow.map((text) => text.slice(0, text.indexOf("actions=")));
  const remove = fc
    .tuple(
      fc.constant("delete "),
      keyed("cookie", maskedCookie),
      keyed(
        "out_port",
        number.filter((n) => n < 0xff00),
      ),
      match,
    )
    .map((parts) => parts.join(""));
  const removeStrict = fc
    .tuple(fc.constant("delete_strict,"), keyed("priority", number), keyed("cookie", maskedCookie), match)
    .map((parts) => parts.join(""));
  return fc.oneof({ weight: 4, arbitrary: add }, modify, remove, removeStrict);
}
