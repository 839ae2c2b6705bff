import type { Body } from "#openflow/messages/table.js";

/** What tshark 4.0 calls malformed, and why that is no fault of the bytes. */
export interface TsharkGap {
  /** Of the message's name and version: `OFPT_HELLO 4`. */
  readonly messages: RegExp;
  /** Of which of these messages alone. */
  readonly when?: (body: Body) => boolean;
  /** Few seeds meet it. */
  readonly rare?: true;
  readonly why: string;
}

const hasOthers = (body: Body): boolean => JSON.stringify(body, plain).includes('"others":');
const plain = (_key: string, value: unknown): unknown => (typeof value === "bigint" ? Number(value) : value);

/** Gaps, of which each must be seen, rare ones apart. */
export const tsharkGaps: readonly TsharkGap[] = [
  {
    messages: /^(NXST_IPFIX_(BRIDGE|FLOW) reply|ONFST_FLOW_MONITOR reply) [456]$/,
    why: "looks for more behind a body of an experimenter's multipart reply",
  },
  {
    messages: /^OFPT_HELLO [456]$/,
    when: (body) => body.kind === "hello" && body.illFormed !== undefined,
    why: "elements that are cut off, which they are on purpose",
  },
  {
    messages: /^OFPT_ERROR [456]$/,
    when: (body) => body.kind === "error",
    why: "needs a request, or part of one, behind every error, and dissects it",
  },
  {
    messages: /^(OFPT_PORT_MOD|OFPT_PORT_STATUS|OFPST_PORT_DESC reply) [56]$/,
    when: hasOthers,
    why: "takes no property of a type that it does not know",
  },
  {
    messages: /^OFPT_PACKET_OUT 1$/,
    when: (body) => body.kind === "packet_out" && body.actions.some((action) => action.kind !== "output"),
    why: "does not find its way past actions but output",
  },
  {
    messages: /^OFPT_FLOW_MOD 1$/,
    when: (body) => body.kind === "flow_mod" && body.actions.length === 0,
    rare: true,
    why: "takes some flow mods of no actions to have one",
  },
  {
    messages: /^OFPST_PORT reply [56]$/,
    why: "does not find its way past an experimenter's property",
  },
  { messages: /^OFPST_QUEUE reply [56]$/, why: "takes the element that follows for a property of the one before" },
  { messages: /^OFPST_QUEUE_DESC reply [56]$/, why: "takes the elements of a queue's properties for 16 bytes each" },
  {
    messages: /^OFPST_TABLE_FEATURES (reply|request) 6$/,
    why: "takes experimenters' fields for fields of 4 bytes, and lacks packet types",
  },
  {
    messages: /^OFPST_FLOW_MONITOR request 5$/,
    when: (body) => body.kind === "flow_monitor_request" && body.monitors.length === 0,
    why: "needs at least one monitor",
  },
  {
    messages:
      /^(OFPT_PACKET_IN|OFPT_PACKET_OUT|OFPST_AGGREGATE request|OFPST_FLOW (reply|request)|OFPST_FLOW_MONITOR (reply|request)|OFPT_FLOW_MOD|OFPT_FLOW_REMOVED|OFPST_GROUP_DESC reply|OFPT_GROUP_MOD|OFPT_REQUESTFORWARD|OFPT_BUNDLE_ADD_MESSAGE) 6$/,
    why: "its dissector of OpenFlow 1.5 has 1.4's structures for these",
  },
];
