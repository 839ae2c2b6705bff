import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WireError } from "#util/errors.js";
import {
  decodeVhostHeader,
  decodeVhostMessage,
  encodeVhostMessage,
  encodeVhostReply,
  encodeVringBase,
  featureBits,
  hasFeature,
  VHOST_HEADER,
  type VhostMessage,
} from "./vhost-user.js";

/** Decodes one whole message. */
function decode(bytes: Uint8Array): VhostMessage {
  const { request, size } = decodeVhostHeader(bytes);
  return decodeVhostMessage(request, bytes.subarray(VHOST_HEADER, VHOST_HEADER + size));
}

function header(request: number, flags: number, size: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(request, flags, size).buffer);
}

const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const message: fc.Arbitrary<VhostMessage> = fc.oneof(
  fc.record({ kind: fc.constantFrom("GET_FEATURES", "SET_OWNER", "RESET_OWNER", "GET_QUEUE_NUM", "SET_LOG_FD") }),
  fc.record({ kind: fc.constant("SET_LOG_BASE"), size: u64, offset: u64 }),
  fc.record({ kind: fc.constantFrom("SET_FEATURES", "SET_PROTOCOL_FEATURES"), features: u64 }),
  fc.record({
    kind: fc.constant("SET_MEM_TABLE"),
    regions: fc.array(fc.record({ guest: u64, size: u64, user: u64, offset: u64 }), { maxLength: 8 }),
  }),
  fc.record({
    kind: fc.constantFrom("SET_VRING_NUM", "SET_VRING_BASE", "GET_VRING_BASE", "SET_VRING_ENABLE"),
    ring: u32,
    value: u32,
  }),
  fc.record({
    kind: fc.constant("SET_VRING_ADDR"),
    ring: u32,
    flags: u32,
    descriptors: u64,
    used: u64,
    available: u64,
    log: u64,
  }),
  fc.record({
    kind: fc.constantFrom("SET_VRING_KICK", "SET_VRING_CALL", "SET_VRING_ERR"),
    ring: fc.integer({ min: 0, max: 255 }),
    hasDescriptor: fc.boolean(),
  }),
) as fc.Arbitrary<VhostMessage>;

describe("vhost-user messages", () => {
  it("decode as the protocol's document has them", () => {
    const kick = Uint8Array.of(12, 0, 0, 0, 9, 0, 0, 0, 8, 0, 0, 0, 3, 1, 0, 0, 0, 0, 0, 0);
    expect(decodeVhostHeader(kick)).toEqual({ request: 12, needsReply: true, size: 8 });
    expect(decode(kick)).toEqual({ kind: "SET_VRING_KICK", ring: 3, hasDescriptor: false });
  });

  it("come back as they were", () => {
    fc.assert(
      fc.property(message, fc.boolean(), (m, needsReply) => {
        const bytes = encodeVhostMessage(m, needsReply);
        expect(decodeVhostHeader(bytes).needsReply).toBe(needsReply);
        expect(decode(bytes)).toEqual(m);
      }),
      { seed: 41 },
    );
  });

  it("are answered with the reply flag", () => {
    expect([...encodeVhostReply(1, 0x1_0000_0002n)]).toEqual([
      1, 0, 0, 0, 5, 0, 0, 0, 8, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0,
    ]);
    expect([...encodeVringBase(11, 1, 0x203)]).toEqual([11, 0, 0, 0, 5, 0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 3, 2, 0, 0]);
  });

  it.each([
    ["version", header(1, 2, 0), "vhost-user version 2"],
    ["reply", header(1, 5, 0), "vhost-user reply to nothing"],
    ["size", header(1, 1, 4097), "vhost-user payload of 4097 bytes"],
    ["length", new Uint8Array(11), "vhost-user header of 11 bytes"],
  ])("are refused by a header whose %s lies", (_what, bytes, text) => {
    expect(() => decodeVhostHeader(bytes)).toThrow(new WireError(text));
  });

  it.each([
    [2, 7, "SET_FEATURES of 7 bytes"],
    [9, 39, "SET_VRING_ADDR of 39 bytes"],
    [5, 4, "SET_MEM_TABLE of 4 bytes with -1 regions"],
  ])("of kind %d are refused when only %d bytes long", (request, size, text) => {
    expect(() => decodeVhostMessage(request, new Uint8Array(size))).toThrow(new WireError(text));
  });

  it("do not believe a count of regions", () => {
    for (const count of [2, 9, 0xffffffff]) {
      const payload = new Uint8Array(40);
      new DataView(payload.buffer).setUint32(0, count, true);
      expect(() => decodeVhostMessage(5, payload)).toThrow(WireError);
    }
  });

  it("decode or are refused, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 45 }), fc.uint8Array({ maxLength: 300 }), (request, payload) => {
        try {
          decodeVhostMessage(request, payload);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { seed: 42, numRuns: 2000 },
    );
  });

  it("keep an unknown request's number", () => {
    expect(decode(encodeVhostMessage({ kind: "unknown", request: 99 }))).toEqual({ kind: "unknown", request: 99 });
  });
});

describe("feature bits", () => {
  it("go beyond 32", () => {
    const features = featureBits(0, 32);
    expect(features).toBe(0x1_0000_0001n);
    expect([0, 1, 32].map((bit) => hasFeature(features, bit))).toEqual([true, false, true]);
  });
});
