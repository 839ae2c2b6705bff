import fc from "fast-check";
import { encodeMessages } from "#openflow/messages/codec.js";
import { OF13, type Version } from "#openflow/version.js";
import { groupMods, saysPortTwice } from "./group.js";
import type { MessageFamily, Sample } from "./harness.js";

const bundleId = fc.oneof(fc.nat(9), fc.integer({ min: 0, max: 0xffffffff }));
const flags = fc.oneof(fc.nat(3), fc.nat(0xffff));

const control: fc.Arbitrary<Sample> = fc
  .record({ bundleId, type: fc.nat(9), flags })
  .map((c) => ({ body: { kind: "bundle_control", ...c } }));

function addition(version: Version): fc.Arbitrary<Sample> {
  return fc.tuple(bundleId, flags, groupMods(version)).map(([id, f, { body }]) => ({
    body: { kind: "bundle_add", bundleId: id, flags: f, message: encodeMessages(body, version, 0)[0]! },
  }));
}

/** Messages about bundles. */
export const bundleFamily: MessageFamily = {
  name: "bundle",
  differs: saysPortTwice,
  samples: (version) => (version < OF13 ? [] : [control, addition(version)]),
};
