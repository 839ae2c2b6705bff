import fc from "fast-check";
import { parseActions } from "#openflow/actions/parse.js";
import { formatActions } from "#openflow/actions/table.js";
import { parseFlowMod, parseFlowSelection } from "#openflow/flow-text.js";
import { parseFlowModFile } from "#openflow/flow-text-file.js";
import { parseFlowMonitor } from "#openflow/flow-text-monitor.js";
import { parseFlowMatch, parseMatch } from "#openflow/match-parse.js";
import { formatMatch } from "#openflow/match-text.js";
import { parseBundleFile } from "#openflow/messages/bundle/bundle-file-parse.js";
import { encodeMessages } from "#openflow/messages/codec.js";
import { parseCtFlush } from "#openflow/messages/connection/ct-flush-parse.js";
import { parseTlvMaps } from "#openflow/messages/connection/tlv-maps-parse.js";
import { parseGroupFile } from "#openflow/messages/group/group-file-parse.js";
import { parseGroupMod } from "#openflow/messages/group/group-mod-parse.js";
import { parseMeterMod } from "#openflow/messages/meter/meter-mod-parse.js";
import { parsePacketOut } from "#openflow/messages/packet/packet-out-parse.js";
import { formatMessageBytes } from "#openflow/messages/print.js";
import { parseTableSetting } from "#openflow/messages/table/table-mod.js";
import type { Body } from "#openflow/messages/table.js";
import { type ProtocolSet, protocols } from "#openflow/protocol.js";
import { UserError } from "#util/errors.js";
import { actionTexts } from "../../test/differential/openflow-action-texts.js";
import { corpusFlows, flowTexts } from "../../test/differential/openflow-flow-texts.js";
import { groupTexts, meterTexts } from "../../test/differential/openflow-group-texts.js";
import { matchTexts } from "../../test/differential/openflow-match-texts.js";
import { allow } from "./allow.js";

const actionsAlone = actionTexts.map((text) => text.split("|").at(-1)!);
const flows = [...corpusFlows, ...flowTexts];
const packetOuts = corpusFlows.map((flow) => `in_port=1,packet=112233445566112233445566080011,${flow}`);
const bundles = [
  ...corpusFlows.map((flow) => `flow add ${flow}`),
  ...groupTexts.map((group) => `group ${group}`),
  ...packetOuts.map((out) => `packet-out ${out}`),
];
const monitors = matchTexts.map((match) => `!initial,!own,table=3,out_port=2,out_group=3,${match}`);
const tuples = [
  "zone=5 ct_nw_src=10.0.0.1,ct_nw_proto=6,ct_tp_dst=7 ct_nw_dst=10.0.0.3,ct_tp_src=7",
  "ct_ipv6_src=fc00::1,ct_ipv6_dst=::,ct_nw_proto=58,icmp_id=1,icmp_type=8,icmp_code=2",
];
const maps = ["{class=0xffff,type=0,len=4}->tun_metadata0,{class=1,type=0x7f,len=124}->tun_metadata63"];
const settings = ["controller", "continue", "drop", "evict", "noevict", "vacancy:20,80", "novacancy"];

type Said = { readonly body: Body; readonly usable: ProtocolSet };

/** What reads a text, texts it takes, and what it gave as messages. */
type Reader = readonly [corpus: readonly string[], read: (text: string) => readonly Said[]];

const say = (usable: ProtocolSet, ...bodies: readonly Body[]): Said[] => bodies.map((body) => ({ body, usable }));
/** What is read, and is no message. */
const none = (..._read: readonly unknown[]): Said[] => [];
const meter = (command: "add" | "modify" | "delete") => (text: string) => {
  const { meterMod, usable } = parseMeterMod(text, command);
  return say(usable, meterMod);
};
const flow = (command: "add" | "modify" | "delete" | "fromText") => (text: string) => {
  const { flowMod, usable } = parseFlowMod(text, command);
  return say(usable, flowMod);
};

const readers: readonly Reader[] = [
  [flows, flow("add")],
  [flows, flow("modify")],
  [flows, flow("fromText")],
  [matchTexts, flow("delete")],
  [
    flows,
    (text) => [...parseFlowModFile(`${text}\n${text}`, "f", "fromText").flowMods].flatMap((m) => say(~0, m).slice(1)),
  ],
  [
    matchTexts,
    (text) => {
      const { selection, usable } = parseFlowSelection(text);
      return say(usable, { kind: "flow_stats_request", ...selection });
    },
  ],
  [matchTexts, (text) => none(formatMatch(parseFlowMatch(text)), formatMatch(parseMatch(text)))],
  [actionsAlone, (text) => none(formatActions(parseActions(text)))],
  [
    groupTexts,
    (text) => {
      const { groupMod, usable } = parseGroupMod(text, "any");
      return say(usable, groupMod);
    },
  ],
  [groupTexts, (text) => none(parseGroupFile(`${text}\n# ${text}\n`, "f", "any"))],
  [meterTexts.map(([, text]) => text), meter("add")],
  [meterTexts.map(([, text]) => text), meter("delete")],
  [
    packetOuts,
    (text) => {
      const { packetOut, usable } = parsePacketOut(text);
      return say(usable, packetOut);
    },
  ],
  [
    bundles,
    (text) => {
      const { messages, usable } = parseBundleFile(text, "f");
      return say(usable, ...messages);
    },
  ],
  [
    monitors,
    (text) => {
      const { monitor, usable } = parseFlowMonitor(text);
      return say(usable, { kind: "flow_monitor_request", monitors: [monitor] });
    },
  ],
  [tuples, (text) => say(~0, parseCtFlush(text.split(" ")))],
  [maps, (text) => say(~0, { kind: "tlv_table_mod", command: "add", mappings: parseTlvMaps(text) })],
  [settings, (text) => none(parseTableSetting(3, text))],
];

const letters = [...'(),:=[]{}->/0x9*+ .#"!\\\t\n', "\u0000", "\u00e9", "\ud800"];
const word = fc.constantFrom(
  ...[
    "actions=",
    "bucket=",
    "bands=",
    "fields(",
    "->",
    "0xffffffffffffffff",
    "18446744073709551616",
    "-1",
    "clone(",
    "NXM_OF_IN_PORT[]",
  ],
  ...[
    "load:",
    "tun_metadata0",
    "conjunction(",
    "learn(",
    "table=",
    "group_id=",
    "packet=",
    "zone=",
    "99999999999",
    "exec(",
    "nat(",
  ],
);
const change: fc.Arbitrary<(text: string, other: string) => string> = fc.oneof(
  fc.tuple(fc.nat(90), fc.constantFrom(...letters)).map(([at, letter]) => (text: string) => {
    const where = at % (text.length + 1);
    return text.slice(0, where) + letter + text.slice(where + 1);
  }),
  fc.tuple(fc.nat(90), word).map(([at, said]) => (text: string) => {
    const where = at % (text.length + 1);
    return text.slice(0, where) + said + text.slice(where);
  }),
  fc.tuple(fc.nat(90), fc.nat(20)).map(([at, size]) => (text: string) => {
    const where = at % (text.length + 1);
    return text.slice(0, where) + text.slice(where + size);
  }),
  fc.tuple(fc.nat(90), fc.nat(90)).map(([at, from]) => (text: string, other: string) => {
    return text.slice(0, at % (text.length + 1)) + other.slice(from % (other.length + 1));
  }),
);

function checkText([, read]: Reader, text: string): void {
  for (const { body, usable } of allow([UserError], () => read(text)) ?? []) {
    for (const protocol of protocols.filter((p) => (p.bit & usable) !== 0)) {
      const sent = allow([UserError], () => encodeMessages(body, protocol.version, 1, { protocol })) ?? [];
      // What a text says is the switch's to refuse.
      for (const bytes of sent) formatMessageBytes(bytes, { verbosity: 2 });
    }
  }
}

/** Every kind of text that ovs-ofctl reads, damaged. */
export const textProperty: fc.IProperty<unknown> = fc.property(
  fc.constantFrom(...readers).chain((reader) =>
    fc.record({
      reader: fc.constant(reader),
      text: fc.constantFrom(...reader[0]),
      other: fc.constantFrom(...reader[0]),
      changes: fc.array(change, { maxLength: 4 }),
    }),
  ),
  ({ reader, text, other, changes }) => {
    const broken = changes.reduce((now, by) => by(now, other), text);
    try {
      checkText(reader, broken);
    } catch (e) {
      throw new Error(`${JSON.stringify(broken)}: ${(e as Error).stack}`);
    }
  },
) as fc.IProperty<unknown>;
