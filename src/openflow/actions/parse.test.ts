import { expect, it } from "vitest";
import { OF13 } from "../version.js";
import { WireReader } from "../wire-reader.js";
import { WireWriter } from "../wire-writer.js";
import { decodeActions, encodeActions } from "./codec.js";
import { parseActions } from "./parse.js";
import { formatActions } from "./table.js";

const clones = (depth: number): string => `${"clone(".repeat(depth)}1${")".repeat(depth)}`;

it("reads actions in actions to upstream's depth", () => {
  expect(formatActions(parseActions(clones(99)))).toBe(clones(99).replace("1", "output:1"));
  expect(() => parseActions(clones(100))).toThrow("Action nested too deeply");
});

it("answers a text of nothing but beginnings", () => {
  expect(() => parseActions("clone(".repeat(30_000))).toThrow("Action nested too deeply");
});

it("reads from bytes what text may say, and nothing deeper", () => {
  const w = new WireWriter();
  const actions = parseActions(clones(99));
  encodeActions(actions, OF13, w);
  expect(formatActions(decodeActions(new WireReader(w.done()), OF13))).toBe(formatActions(actions));
  const deeper = new WireWriter();
  encodeActions([{ kind: "clone", actions }], OF13, deeper);
  expect(() => decodeActions(new WireReader(deeper.done()), OF13)).toThrow("nested too deeply");
});
