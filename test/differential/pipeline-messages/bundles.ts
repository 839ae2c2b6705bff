import { NO_BUFFER } from "#openflow/messages/packet/buffer-id.js";
import { OF13, OF14, OF15 } from "#openflow/version.js";
import {
  type Conversation,
  close,
  commit,
  controlOf,
  discard,
  flow,
  group,
  open,
  packetOut,
  portMod,
  type Step,
} from "./conversation.js";

const versions = [OF13, OF14, OF15] as const;
const frame = "000000000001000000000002080000";
const overlap = { flags: 2 } as const;
const dump = "ofctl -O OpenFlow14 dump-flows BR";

const add =
  (bundleId: number, flags: number, ...body: Parameters<typeof flow>): Step =>
  (t) =>
    t.add(bundleId, flags, flow(...body));

/** A message in a bundle that is changed at a place. */
const spoilt =
  (at: number, change: (byte: number) => number): Step =>
  (t) =>
    t.changed(t.add(78, 3, flow()), (bytes) => {
      const place = bytes.length - t.changed(flow(), () => {}).length + at;
      bytes[place] = change(bytes[place]!);
    });

export const bundles: readonly Conversation[] = [
  {
    name: "bundles that are opened, closed, committed, discarded out of turn",
    versions,
    steps: [
      [open(1), open(1), close(1), add(1, 3), commit(1), commit(1), discard(1), close(9)],
      [open(2, 1), add(2, 1, { table: 1 }), add(2, 3, { table: 1 }), add(2, 1, { table: 1 })],
      [open(3, 0), add(3, 0), close(3, 1), commit(3, 0)],
      [open(4, 2), add(4, 2, { table: 2 }), commit(4, 2)],
      [
        open(5, 4),
        open(5, 0xffff),
        controlOf(1, 5),
        controlOf(3, 5),
        controlOf(5, 5),
        controlOf(7, 5),
        controlOf(8, 5),
      ],
      [add(77, 3, { table: 3 }), discard(77), commit(77)],
      [open(17), discard(17, 0), discard(17), open(17), commit(17, 0), commit(17)],
      [open(17), close(17), commit(17, 0), commit(17), open(17), close(17), add(17, 3, { table: 8 }), commit(17)],
      [open(18), close(18), close(18), commit(18), open(19), close(19), open(19), commit(19), dump],
    ],
  },
  {
    name: "messages that no bundle takes",
    versions,
    steps: [
      (t) => t.add(78, 3, { kind: "barrier_request" }),
      (t) => t.add(78, 3, { kind: "features_request" }),
      (t) => t.add(78, 3, open(1)),
      spoilt(0, () => 1),
      spoilt(7, (byte) => byte ^ 1),
      spoilt(3, () => 200),
      open(10),
      add(10, 3, { table: 254 }),
      add(10, 3, { table: 254, command: "delete" }),
      add(10, 3, { table: 254, command: "modify" }),
      add(10, 3, { command: "modify", match: "tun_metadata0=3" }),
      add(10, 3, { bufferId: 5 }),
      (t) => t.add(10, 3, packetOut("", 1, "", 5)),
      commit(10),
      dump,
    ],
  },
  {
    name: "commits that fail, and leave nothing",
    versions,
    steps: [
      [open(11), add(11, 3, { ...overlap, table: 6 }), add(11, 3, { ...overlap, table: 6, match: "in_port=1" })],
      [commit(11), dump, open(11, 0), add(11, 0, { table: 11, match: "in_port=1" })],
      add(11, 0, { table: 12, actions: "group:9" }),
      [commit(11, 0), dump, open(12), add(12, 3, { actions: "meter:7" }), commit(12)],
      [open(13), (t) => t.add(13, 3, group("group_id=1,type=all,bucket=output:1"))],
      (t) => t.add(13, 3, group("group_id=1,type=all,bucket=output:1")),
      [commit(13), "ofctl -O OpenFlow14 dump-groups BR"],
      [open(14), add(14, 3, { actions: "group:3" }), (t) => t.add(14, 3, group("group_id=3,type=all,bucket=output:1"))],
      [commit(14), open(15), (t) => t.add(15, 3, group("group_id=3,type=all,bucket=output:1"))],
      [add(15, 3, { actions: "group:3" }), commit(15), "ofctl -O OpenFlow14 dump-groups BR", dump],
    ],
  },
  {
    name: "bundles with ports and packets",
    versions,
    steps: [
      [open(12, 2), (t) => t.add(12, 2, portMod(99, 0, 0, 0)), commit(12, 2)],
      [open(12, 2), (t) => t.add(12, 2, portMod(2, 0, 0, 0)), commit(12, 2)],
      [open(12, 1), (t) => t.add(12, 1, portMod(2, t.mac(2), 4, 4)), commit(12, 1)],
      [open(12, 2), (t) => t.add(12, 2, portMod(2, t.mac(2), 4, 4)), commit(12, 2)],
      { kind: "port_desc_request", port: 2 },
      [open(12, 2), (t) => t.add(12, 2, portMod(2, t.mac(2), 0, 4)), add(12, 2, { actions: "group:9" })],
      [commit(12, 2), { kind: "port_desc_request", port: 2 }],
      [open(12, 2), (t) => t.add(12, 2, portMod(2, t.mac(2), 0, 4)), commit(12, 2)],
      [open(14), add(14, 3, { match: "in_port=1", actions: "3" }), (t) => t.add(14, 3, packetOut(frame, 1, "table"))],
      [commit(14), "appctl revalidator/wait", dump, "ofctl -O OpenFlow10 dump-ports BR 3"],
      [open(15), (t) => t.add(15, 3, packetOut(frame, 1, "group:77", NO_BUFFER)), commit(15)],
    ],
  },
  {
    name: "bundles of which nothing is heard any more",
    versions: [OF14],
    steps: [
      [open(1), "appctl time/stop", "appctl time/warp 9000 1000", open(2), "appctl time/warp 1500 100"],
      [add(1, 3, { table: 7 }), add(2, 3, { table: 7 }), discard(1), "appctl time/warp 9500 500"],
      [add(2, 3, { table: 7 }), "appctl time/warp 9500 500", commit(2), dump],
    ],
  },
];
