import { execFile } from "node:child_process";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseFlowMod } from "#openflow/flow-text.js";
import { parseFlowModFile } from "#openflow/flow-text-file.js";
import { encodeMessage } from "#openflow/messages/codec.js";
import { formatMessageBytes } from "#openflow/messages/print.js";
import { firstProtocol, formatProtocols, type Protocol, type ProtocolSet, protocols } from "#openflow/protocol.js";
import { OF10, type Version, versions } from "#openflow/version.js";
import { hex } from "#util/hex.js";
import { describeWith, openVswitch } from "../support/needs.js";
import { FlowModCatcher } from "./openflow-flow-mods.js";
import { corpusFlows, flowLines, flowTexts } from "./openflow-flow-texts.js";

const seed = Number(process.env["WEFT_SEED"] ?? 1);
const runs = Number(process.env["WEFT_RUNS"] ?? 150);

/** What the installed `ovs-ofctl parse-flow` prints, and logs of matches. */
function real(text: string): Promise<string[]> {
  const all = versions.map((v) => `OpenFlow1${v - 1}`).join();
  const args = ["-vPATTERN:console:%c|%m", "-O", all, "parse-flow", text];
  return new Promise((resolve) => {
    execFile("/usr/bin/ovs-ofctl", args, { timeout: 5000 }, (_error, stdout, stderr) => {
      const log = stderr.split("\n").filter((line) => /^(ovs-ofctl:|ofp_match\|)/.test(line));
      resolve([...log, ...stdout.split("\n").filter((line) => line !== "" && !line.startsWith("chosen"))]);
    });
  });
}

function ours(text: string): string[] {
  const log: string[] = [];
  const warn = (module: string, words: string): void => {
    if (module === "ofp_match") log.push(`${module}|${words}`);
  };
  try {
    const { flowMod, usable } = parseFlowMod(text, "add", { warn });
    const protocol = firstProtocol(usable)!;
    const bytes = encodeMessage(flowMod, protocol.version, 1, { protocol });
    const printed = formatMessageBytes(bytes, { warn });
    return [...log, `usable protocols: ${formatProtocols(usable)}`, ...printed.trimEnd().split("\n")];
  } catch (error) {
    return [...log, `ovs-ofctl: ${(error as Error).message}`];
  }
}

/** Upstream writes what it does not read again, or only in an order that bytes of OpenFlow 1.0 do not keep. */
const differs = (lines: readonly string[]): boolean => lines.some((line) => line.includes("***decode error: "));

const sampleOf = (texts: readonly string[], count: number): string[] =>
  count >= texts.length ? [...texts] : fc.sample(fc.constantFrom(...texts), { seed, numRuns: count });

/** Flows that a protocol can say and ours can write, all of which ovs-ofctl can read. */
function sayable(protocol: Protocol): string[] {
  return corpusFlows.filter((text) => {
    try {
      const { flowMod, usable } = parseFlowMod(text, "add");
      return (usable & protocol.bit) !== 0 && encodeMessage(flowMod, protocol.version, 1, { protocol }).length > 0;
    } catch {
      return false;
    }
  });
}

const withoutXid = (bytes: Uint8Array): string => `${hex(bytes.subarray(0, 4))}-${hex(bytes.subarray(8))}`;

/** OFPT_FLOW_MOD, and NXT_FLOW_MOD. */
const isFlowMod = (bytes: Uint8Array): boolean => bytes[1] === 14 || (bytes[1] === 4 && bytes[15] === 13);

/** ovs-ofctl writes the value where the mask belongs; ours is exact. */
const maskedByValue = /^(.*[ ,\t])?tun_(erspan|gtpu|gbp_flags)/;

describeWith(
  [openVswitch],
  `flows as text (WEFT_SEED=${seed} WEFT_RUNS=${runs}), as the installed ovs-ofctl reads them`,
  () => {
    let catcher: FlowModCatcher;
    beforeAll(async () => {
      catcher = await FlowModCatcher.start();
    });
    afterAll(() => catcher.stop());

    it("parse-flow", async () => {
      const texts = [...sampleOf(flowTexts, runs), ...sampleOf(corpusFlows, runs)];
      const different: string[] = [];
      for (let i = 0; i < texts.length; i += 4) {
        await Promise.all(
          texts.slice(i, i + 4).map(async (text) => {
            const theirs = await real(text);
            const mine = ours(text);
            if (theirs.join("\n") !== mine.join("\n") && !differs(theirs)) {
              different.push(`${text}\n  real: ${theirs.join("\n        ")}\n  ours: ${mine.join("\n        ")}`);
            }
          }),
        );
      }
      expect(different).toEqual([]);
    });

    const bytesOf: readonly (readonly [string, Version, boolean])[] = [
      ["OpenFlow 1.0", OF10, false],
      ["Nicira's messages", OF10, true],
      ...versions.slice(1).map((v): readonly [string, Version, boolean] => [`OpenFlow 1.${v - 1}`, v, false]),
    ];
    it.each(bytesOf)("add-flows in %s", async (_name, version, nxm) => {
      const spoken = protocols.filter((p) => p.version === version && p.nxm === nxm);
      const lines = fc.sample(flowLines(sayable(spoken[0]!)), { seed, numRuns: runs }).filter((line) => {
        const { usable } = parseFlowMod(line, "fromText");
        return (usable & spoken[0]!.bit) !== 0 && !maskedByValue.test(line);
      });
      // A register makes it use Nicira's messages for all.
      const file = [...lines, ...(nxm ? ["reg0=1,actions=1"] : [])].join("\n");
      const { flowMods, usable } = parseFlowModFile(file, "lines", "fromText");
      const ofVersion: ProtocolSet = spoken.reduce((set, p) => set | p.bit, 0);
      const protocol = firstProtocol(usable & ofVersion)!;
      const sent = await catcher.sendFile(version, ["add-flows"], file);
      expect(sent.stderr.split("\n").filter((line) => line.startsWith("ovs-ofctl:"))).toEqual([]);
      const theirs = sent.messages.filter((m) => isFlowMod(m)).map(withoutXid);
      const mine = flowMods.map((f) => withoutXid(encodeMessage(f, version, 1, { protocol })));
      const different = mine.flatMap((text, i) =>
        text === theirs[i] ? [] : [`${file.split("\n")[i]}\n  real: ${theirs[i]}\n  ours: ${text}`],
      );
      expect(different).toEqual([]);
      expect(theirs.length).toBe(mine.length);
    });
  },
);
