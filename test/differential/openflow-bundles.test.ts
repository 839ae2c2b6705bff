import { afterAll, beforeAll, expect, it } from "vitest";
import { parseBundleFile } from "#openflow/messages/bundle/bundle-file-parse.js";
import { encodeMessage } from "#openflow/messages/codec.js";
import { OF13, OF14, OF15, type Version } from "#openflow/version.js";
import { UserError } from "#util/errors.js";
import { hex } from "#util/hex.js";
import { describeWith, openVswitch } from "../support/needs.js";
import { FlowModCatcher } from "./openflow-flow-mods.js";

/** Files for `ovs-ofctl bundle`. */
const files: readonly string[] = [
  "flow add in_port=1,actions=2\n# two\n\ngroup add group_id=5,type=all,bucket=output:1\n",
  "flow in_port=1,actions=2 # more\nflow delete\nflow modify_strict in_port=2,actions=drop\n",
  "flow,in_port=1,actions=2\ngroup,group_id=1,type=all\n",
  "\tflow\tadd table=5,in_port=1,actions=2\n group delete\n",
  "group group_id=1,type=select,bucket=weight:5,1,bucket=2\ngroup delete group_id=1",
  "packet-out in_port=1 packet=112233445566112233445566080011 actions=2\nflow in_port=1,actions=3",
  "packet-out,in_port=local,packet=112233445566112233445566080011",
  "packet-out in_port=1",
  "packet-out in_port=1,packet=00,actions=2",
  "packet-out",
  "flow",
  "flow foo",
  "flow in_port=1,actions=2\nflow in_port=2",
  "group",
  "group foo",
  "foo bar",
  "meter add meter=1,kbps,bands=type=drop,rate=5",
  "flow:in_port=1,actions=2",
  "Flow in_port=1,actions=2",
  "in_port=1,actions=2",
  "flowadd in_port=1,actions=2",
];

/** Whoever sends a bundle: the messages between opening and committing, or what is wrong. */
function ours(version: Version, text: string): string[] {
  try {
    return parseBundleFile(text, "lines.txt").messages.map((body, i) => {
      const message = encodeMessage(body, version, 0);
      const flags = 3;
      return hex(encodeMessage({ kind: "bundle_add", bundleId: 0, flags, message }, version, i + 2));
    });
  } catch (e) {
    if (!(e instanceof UserError)) throw e;
    return [e.message];
  }
}

describeWith([openVswitch], "bundles as text, as the installed ovs-ofctl sends them", () => {
  let catcher: FlowModCatcher;
  beforeAll(async () => {
    catcher = await FlowModCatcher.start();
  });
  afterAll(() => catcher.stop());

  it.each([OF13, OF14, OF15] as const)("wire version %i", async (version) => {
    for (const text of files) {
      const { messages, stderr } = await catcher.sendFile(version, ["bundle"], text);
      const told = /^ovs-ofctl: \S+(lines\.txt:.*)$/m.exec(stderr)?.[1];
      const isAddition = (m: Uint8Array): boolean => m[1] === 34 || m[15] === 0xfd;
      const real = told === undefined ? messages.filter(isAddition).map(hex) : [told];
      expect({ text, sent: ours(version, text) }).toEqual({ text, sent: real });
    }
  });
});
