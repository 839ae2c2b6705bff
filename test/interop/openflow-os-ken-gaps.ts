import type { Message } from "#openflow/messages/message.js";

/** What os-ken 2.5 makes nothing of, or something else, and why that is no fault of the bytes. */
export interface OsKenGap {
  /** Of the message's name and version: `OFPT_HELLO 4`. */
  readonly messages: RegExp;
  /** What os-ken says, or in what its reading differs. */
  readonly says: RegExp;
  /** Of which of these messages alone. */
  readonly when?: (message: Message) => boolean;
  /** Few seeds meet it. */
  readonly rare?: true;
  readonly why: string;
}

const plain = (_key: string, value: unknown): unknown => (typeof value === "bigint" ? Number(value) : value);

/** Gaps, of which each must be seen, rare ones apart. */
export const osKenGaps: readonly OsKenGap[] = [
  {
    messages: /^OFPT_HELLO [456]$/,
    says: /^unpack_from requires a buffer of at least 12 bytes/,
    why: "a hello whose elements are cut off is an error",
  },
  {
    messages: /^NXT_(ROLE_REPLY|FLOW_REMOVED|PACKET_IN) 1$/,
    says: /^TypeError can't concat NXT|^malformed message/,
    why: "cannot write Nicira's messages again, nor read a match of nothing",
  },
  {
    messages: /^(OFPT_(REQUESTFORWARD|GROUP_MOD)|OFPST_GROUP_DESC reply) 6$/,
    says: /^AssertionError|'OFPPropUnknown' object has no attribute 'serialize'|^it does not end/,
    why: "cannot write a selection method again, and does not get past Nicira's exit in a bucket",
  },
  {
    messages:
      /^(NXST_FLOW reply 1|OFPST_FLOW reply \d|OFPST_FLOW_MONITOR reply \d|OFPT_FLOW_MOD \d|OFPT_PACKET_IN \d|OFPT_FLOW_REMOVED \d)$/,
    says: /^'?unknown OXM field|^No active exception|'NXActionController2PropUnknown'|^its (flow|bytes): OFPBAC_BAD|^it does not end|^no parser/,
    why: "lacks fields of Open vSwitch (xxreg, encap's, properties of controller), reads Nicira's learn of few, and ends a list of updates at the first",
  },
  {
    messages: / [3456]$/,
    says: /^other (body|actions)$/,
    when: ({ body }) => JSON.stringify(body, plain).includes('"kind":"encap"'),
    rare: true,
    why: "writes encap without its packet type",
  },
  {
    messages: /^OFPST_METER_FEATURES reply 6$/,
    says: /at least 40 bytes/,
    why: "reads OpenFlow 1.5's 24 bytes; Open vSwitch writes 1.3's 16 in every version",
  },
  {
    messages: /^OFPST_PORT reply [56]$/,
    says: /^unpack_from requires a buffer of at least 4 bytes for unpacking 4 bytes at offset 0/,
    why: "does not skip the padding behind an experimenter's property, which its length does not count",
  },
  {
    messages: /^OFPT_QUEUE_GET_CONFIG_REPLY 1$/,
    says: /^2$/,
    why: "knows no maximum rate in OpenFlow 1.0; Open vSwitch writes one",
  },
  { messages: /^OFPST_TABLE reply 3$/, says: /^AssertionError/, why: "takes the bits of matched fields for 32" },
];

/** What os-ken has readers for, in which versions (as they are on the wire); by class, not as any experimenter's. */
export const osKenReads: readonly (readonly [versions: string, ...names: string[]])[] = [
  ["1", "NXST_AGGREGATE reply", "NXST_FLOW reply"],
  ["13456", "OFPST_AGGREGATE reply", "OFPST_DESC reply", "OFPST_FLOW reply", "OFPST_PORT reply", "OFPST_QUEUE reply"],
  ["13456", "OFPST_TABLE reply", "OFPT_ECHO_REPLY", "OFPT_ECHO_REQUEST", "OFPT_ERROR", "OFPT_FEATURES_REPLY"],
  ["13456", "OFPT_FLOW_MOD", "OFPT_FLOW_REMOVED", "OFPT_GET_CONFIG_REPLY", "OFPT_HELLO", "OFPT_PACKET_IN"],
  ["13456", "OFPT_PORT_STATUS"],
  ["3456", "OFPST_GROUP reply", "OFPST_GROUP_DESC reply", "OFPST_GROUP_FEATURES reply", "OFPT_ROLE_REPLY"],
  ["456", "OFPST_METER reply", "OFPST_METER_CONFIG reply", "OFPST_PORT_DESC reply", "OFPST_TABLE_FEATURES reply"],
  ["456", "OFPT_GET_ASYNC_REPLY", "NXST_IPFIX_BRIDGE reply", "NXST_IPFIX_FLOW reply", "NXT_PACKET_IN2"],
  ["456", "NXT_SET_PACKET_IN_FORMAT"],
  ["45", "OFPST_METER_FEATURES reply"],
  ["134", "OFPT_QUEUE_GET_CONFIG_REPLY"],
  ["4", "ONFST_FLOW_MONITOR reply", "ONFT_BUNDLE_CONTROL"],
  ["56", "OFPST_FLOW_MONITOR reply", "OFPST_QUEUE_DESC reply", "OFPST_TABLE_DESC reply", "OFPT_BUNDLE_CONTROL"],
  ["56", "OFPT_GROUP_MOD", "OFPT_METER_MOD", "OFPT_REQUESTFORWARD", "OFPT_ROLE_STATUS", "OFPT_TABLE_STATUS"],
];
