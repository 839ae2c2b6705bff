import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { finishSum, foldSum, pseudoSum4, sumBytes } from "#wire/checksum.js";
import {
  featureBits,
  VHOST_F_LOG_ALL,
  VIRTIO_F_VERSION_1,
  VIRTIO_NET_F_CSUM,
  VIRTIO_NET_F_GUEST_CSUM,
  VIRTIO_NET_F_GUEST_ECN,
  VIRTIO_NET_F_GUEST_TSO4,
  VIRTIO_NET_F_HOST_TSO4,
  VIRTIO_NET_F_HOST_TSO6,
  VIRTIO_NET_F_MRG_RXBUF,
} from "#wire/vhost-user.js";
import { plainOffload } from "#wire/virtio-net.js";
import { admitGuestOffload, completeChecksum, guestAgreement } from "./guest-offload.js";

/** An IPv4 frame of a protocol with 40 bytes of payload. */
function ipv4Frame(protocol: number): Uint8Array {
  const frame = new Uint8Array(14 + 20 + 60).fill(3);
  frame.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 80, 0, 1, 0, 0, 64, protocol]);
  frame[46] = 0x50;
  return frame;
}

describe("what a guest has agreed to", () => {
  it("has checksums before segments, and ECN with both kinds", () => {
    expect(guestAgreement(featureBits(VIRTIO_NET_F_HOST_TSO4, VIRTIO_NET_F_GUEST_TSO4))).toMatchObject({
      fromGso: [],
      toGso: [],
    });
    const features = featureBits(VIRTIO_NET_F_GUEST_CSUM, VIRTIO_NET_F_GUEST_TSO4, VIRTIO_NET_F_GUEST_ECN);
    expect(guestAgreement(features)).toMatchObject({ toChecksum: true, toGso: [1, 0x81], fromChecksum: false });
  });

  it("says how long the header is", () => {
    const lengths = [0n, featureBits(VIRTIO_NET_F_MRG_RXBUF), featureBits(VIRTIO_F_VERSION_1)].map(
      (features) => guestAgreement(features).headerLength,
    );
    expect(lengths).toEqual([10, 12, 12]);
  });

  it("asks for a log", () => {
    expect([0n, featureBits(VHOST_F_LOG_ALL)].map((features) => guestAgreement(features).logs)).toEqual([false, true]);
  });
});

describe("what a guest says of its frame", () => {
  const all = guestAgreement(featureBits(VIRTIO_NET_F_CSUM, VIRTIO_NET_F_HOST_TSO4, VIRTIO_NET_F_HOST_TSO6));
  const frame = ipv4Frame(6);

  it("is admitted where it can be so", () => {
    const segments = { flags: 1, gsoType: 1, headerLength: 54, gsoSize: 100, csumStart: 34, csumOffset: 16 };
    expect(admitGuestOffload({ ...segments }, frame, 0, frame.length, all)).toBe(true);
    expect(admitGuestOffload({ ...segments }, frame, 0, frame.length, guestAgreement(0n))).toBe(false);
    expect(admitGuestOffload({ ...segments, csumStart: 38 }, frame, 0, frame.length, all)).toBe(false);
  });

  it("lies within the frame when it is admitted, whatever it was", () => {
    const u16 = fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0, max: 100 }));
    const u8 = fc.integer({ min: 0, max: 255 });
    const said = fc.record({
      flags: u8,
      gsoType: fc.oneof(u8, fc.constantFrom(0, 1, 4)),
      headerLength: u16,
      gsoSize: u16,
      csumStart: fc.oneof(u16, fc.constant(34)),
      csumOffset: fc.oneof(u16, fc.constant(16)),
    });
    fc.assert(
      fc.property(said, fc.integer({ min: 14, max: frame.length }), (offload, length) => {
        if (!admitGuestOffload(offload, frame, 0, length, all)) return;
        expect(offload.headerLength).toBeLessThanOrEqual(length);
        expect([0, 1]).toContain(offload.flags);
        if (offload.flags === 0) expect(offload).toEqual(plainOffload());
        else expect(offload.csumStart + offload.csumOffset + 2).toBeLessThanOrEqual(length);
        if (offload.gsoType !== 0) expect(offload.gsoSize).toBeGreaterThan(0);
      }),
      { seed: 5, numRuns: 5000 },
    );
  });
});

describe("a partial checksum", () => {
  it.each([
    [6, 16],
    [17, 6],
  ])("of protocol %d is filled in", (protocol, csumOffset) => {
    const frame = ipv4Frame(protocol);
    const pseudo = foldSum(pseudoSum4(frame, 14, protocol, 60));
    frame[34 + csumOffset] = pseudo >>> 8;
    frame[35 + csumOffset] = pseudo;
    completeChecksum(frame, 0, frame.length, { ...plainOffload(), flags: 1, csumStart: 34, csumOffset });
    expect(finishSum(sumBytes(frame, 34, frame.length, pseudoSum4(frame, 14, protocol, 60)))).toBe(0);
  });

  it("beyond the frame is left alone", () => {
    const frame = ipv4Frame(6);
    const before = frame.slice();
    completeChecksum(frame, 0, frame.length, { ...plainOffload(), flags: 1, csumStart: 34, csumOffset: 60 });
    expect(frame).toEqual(before);
  });
});
