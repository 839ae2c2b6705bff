import fc from "fast-check";
import { expect, it } from "vitest";
import { newKey } from "#flow/key.js";
import { KEY_WORDS, W } from "#flow/layout.js";
import type { DatapathAction } from "../actions.js";
import { decodeFlowRecord, encodeFlowRecord, type FlowRecord } from "./flow-record.js";

function words(...set: readonly (readonly [word: number, value: number])[]): Uint32Array {
  const key = newKey();
  for (const [word, value] of set) key[word] = value;
  return key;
}

const actions: readonly DatapathAction[] = [
  { kind: "set", value: words([W.eth, 0xffffffff]), mask: words([W.eth, 0xffff0000]) },
  { kind: "sample", probability: 0x12345678, actions: [{ kind: "trunc", maxLength: 99 }] },
  { kind: "push_eth", source: Uint8Array.of(1, 2, 3, 4, 5, 6), destination: new Uint8Array(6) },
  {
    kind: "userspace",
    pid: 0,
    cookie: {
      kind: "controller",
      recircId: 7,
      reason: 1,
      ruleCookie: 0xffffffffffffffffn,
      controllerId: 2,
      maxLength: 65535,
      dontSend: false,
      continuation: true,
    },
  },
  { kind: "output", port: 3 },
];

const record: FlowRecord = {
  ufid: "00112233445566778899aabbccddeeff",
  key: words([W.inPort, 1], [W.ethType, 0x0800], [KEY_WORDS - 1, 5]),
  mask: words([W.inPort, 0xffffffff], [W.ethType, 0xffff]),
  actions,
  place: Uint8Array.from({ length: 64 }, (_, i) => i),
  elsewhere: { packets: 2 ** 40, bytes: 2 ** 50, used: 1.5, tcpFlags: 0x12 },
};

it("reads what it has written, whatever the actions hold", () => {
  expect(decodeFlowRecord(encodeFlowRecord(record)!.slice())).toEqual(record);
});

it("reads nothing of another version, nor of a record that is cut or says nonsense", () => {
  const bytes = encodeFlowRecord(record)!.slice();
  for (let end = 0; end < bytes.length; end += 7) expect(decodeFlowRecord(bytes.slice(0, end))).toBeUndefined();
  expect(decodeFlowRecord(Uint8Array.from(bytes, (byte, i) => (i === 0 ? 2 : byte)))).toBeUndefined();
});

it("reads no list of actions that nobody has written", () => {
  for (const text of [
    "null",
    "7",
    "[null]",
    "[3]",
    "[{}]",
    '[{"kind":1}]',
    '[{"$words":7}]',
    '[{"$words":[7]}]',
    "[",
  ]) {
    const bytes = encodeFlowRecord({ ...record, actions: [] })!.slice();
    const view = new DataView(bytes.buffer);
    const said = new TextEncoder().encode(text);
    const head = bytes.subarray(0, bytes.length - view.getUint32(12, true));
    view.setUint32(12, said.length, true);
    expect([text, decodeFlowRecord(Uint8Array.of(...head, ...said))]).toEqual([text, undefined]);
  }
});

it("keeps no flow that does too much to be written down", () => {
  const many = Array.from({ length: 600 }, (): DatapathAction => ({ kind: "push_vlan", tpid: 0x8100, vid: 1, pcp: 0 }));
  expect(encodeFlowRecord({ ...record, actions: many })).toBeUndefined();
});

it("takes any bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 60, maxLength: 200 }), (bytes) => {
      bytes.set([1, 0, 0, 0]);
      decodeFlowRecord(bytes);
    }),
    { seed: 7 },
  );
});
