import { afterAll, beforeAll, expect, it } from "vitest";
import { encodeMessage } from "#openflow/messages/codec.js";
import { parseGroupMod } from "#openflow/messages/group/group-mod-parse.js";
import { parseMeterMod } from "#openflow/messages/meter/meter-mod-parse.js";
import type { Body } from "#openflow/messages/table.js";
import { formatProtocols, type ProtocolSet, protocolsOfVersions } from "#openflow/protocol.js";
import { OF10, OF13, OF15, type Version } from "#openflow/version.js";
import { UserError } from "#util/errors.js";
import { hex } from "#util/hex.js";
import { describeWith, openVswitch } from "../support/needs.js";
import { FlowModCatcher, type SentFlow } from "./openflow-flow-mods.js";
import { groupTexts, meterTexts } from "./openflow-group-texts.js";

interface Parsed {
  readonly body: Body;
  readonly usable: ProtocolSet;
}

/** The transaction that ovs-ofctl gives what it sends first. */
const XID = 2;

/** What ovs-ofctl would send, or print. */
function ours(version: Version, parse: () => Parsed): string {
  try {
    const { body, usable } = parse();
    const allowed = protocolsOfVersions(version, version);
    if ((usable & allowed) !== 0) return hex(encodeMessage(body, version, XID));
    return `none of the usable flow formats (${formatProtocols(usable)}) is among the allowed flow formats (${formatProtocols(allowed)})`;
  } catch (e) {
    if (!(e instanceof UserError)) throw e;
    return e.message;
  }
}

function theirs({ messages, stderr }: SentFlow): string {
  const told = /^ovs-ofctl: (?:\S+lines\.txt:1: )?(.*)$/m.exec(stderr)?.[1];
  return told ?? messages.map(hex).join(" ");
}

describeWith([openVswitch], "groups and meters as text, as the installed ovs-ofctl reads them", () => {
  let catcher: FlowModCatcher;
  beforeAll(async () => {
    catcher = await FlowModCatcher.start();
  });
  afterAll(() => catcher.stop());

  it.each([OF10, OF13, OF15] as const)(
    "groups, wire version %i",
    async (version) => {
      const wrong: string[] = [];
      for (const text of groupTexts) {
        const real = theirs(await catcher.sendFile(version, ["add-groups"], `${text}\n`));
        const our = ours(version, () => {
          const { groupMod, usable } = parseGroupMod(text.replace(/#.*/, ""), "any");
          return { body: groupMod, usable };
        });
        if (our !== real) wrong.push(`${text}\n  real ${real}\n  ours ${our}`);
      }
      expect(wrong).toEqual([]);
    },
    60_000,
  );

  it("meters", async () => {
    const commands = { "add-meter": "add", "mod-meter": "modify", "del-meter": "delete" } as const;
    const wrong: string[] = [];
    for (const [command, text] of meterTexts) {
      const real = theirs(await catcher.send(OF13, [command], text));
      const our = ours(OF13, () => {
        const { meterMod, usable } = parseMeterMod(text, commands[command]);
        return { body: meterMod, usable };
      });
      if (our !== real) wrong.push(`${command} ${text}\n  real ${real}\n  ours ${our}`);
    }
    expect(wrong).toEqual([]);
  }, 60_000);
});
