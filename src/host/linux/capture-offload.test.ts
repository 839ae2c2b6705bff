import { describe, expect, it } from "vitest";
import { captureRecord } from "#bpf/capture-program.js";
import { plainOffload } from "#wire/virtio-net.js";
import { readCaptureOffload } from "./capture-offload.js";

interface Record {
  readonly checksum: number;
  readonly csumStart?: number;
  readonly csumOffset?: number;
  readonly gsoSize?: number;
  readonly tagged?: boolean;
  /** The frame's EtherType, behind the addresses. */
  readonly type?: number[];
  /** Byte 12 (data offset) and 13 (flags) of the TCP header. */
  readonly tcp?: [number, number];
}

function read(record: Record): ReturnType<typeof plainOffload> | undefined {
  const memory = new Uint8Array(256);
  const view = new DataView(memory.buffer);
  const at = 64;
  const start = record.csumStart ?? 0;
  view.setUint16(at + captureRecord.csumStart, start, true);
  view.setUint16(at + captureRecord.csumOffset, record.csumOffset ?? 0, true);
  view.setUint16(at + captureRecord.gsoSize, record.gsoSize ?? 0, true);
  memory[at + captureRecord.checksum] = record.checksum;
  memory[at + captureRecord.tagged] = record.tagged ? 1 : 0;
  memory.set(record.type ?? [8, 0], at + captureRecord.size + 12);
  const transport = at + captureRecord.size + start + (record.tagged ? 4 : 0);
  memory.set(record.tcp ?? [0x50, 0x10], transport + 12);
  const offload = { flags: 9, gsoType: 9, headerLength: 9, gsoSize: 9, csumStart: 9, csumOffset: 9 };
  return readCaptureOffload(memory, new Uint32Array(memory.buffer), at, offload) ? offload : undefined;
}

describe("offload state of captured frames", () => {
  it("is none for a frame with its checksum in place", () => {
    expect(read({ checksum: 0 })).toEqual(plainOffload());
    expect(read({ checksum: 2 })).toEqual(plainOffload());
    expect(read({ checksum: 1 })).toEqual({ ...plainOffload(), flags: 2 });
  });

  it("tells where a checksum is missing, behind a tag put back", () => {
    const expected = { ...plainOffload(), flags: 1, csumStart: 34, csumOffset: 6 };
    expect(read({ checksum: 3, csumStart: 34, csumOffset: 6 })).toEqual(expected);
    expect(read({ checksum: 3, csumStart: 34, csumOffset: 6, tagged: true })).toEqual({ ...expected, csumStart: 38 });
  });

  it("tells how a frame is to be cut: TCP over IPv4 and IPv6, behind tags, with CWR, UDP", () => {
    const tcp = { checksum: 3, csumStart: 34, csumOffset: 16, gsoSize: 1448 };
    expect(read(tcp)).toMatchObject({ gsoType: 1, gsoSize: 1448, headerLength: 54 });
    expect(read({ ...tcp, tcp: [0x80, 0x10] })).toMatchObject({ gsoType: 1, headerLength: 66 });
    expect(read({ ...tcp, tcp: [0x50, 0x90] })).toMatchObject({ gsoType: 0x81 });
    expect(read({ ...tcp, csumStart: 54, type: [0x86, 0xdd] })).toMatchObject({ gsoType: 4, headerLength: 74 });
    const tagged = { ...tcp, csumStart: 54, tagged: true, type: [0x81, 0, 0, 5, 0x86, 0xdd] };
    expect(read(tagged)).toMatchObject({ gsoType: 4, csumStart: 58, headerLength: 78 });
    expect(read({ ...tcp, csumOffset: 6 })).toMatchObject({ gsoType: 5, headerLength: 42 });
  });

  it("refuses segmentation that cannot be said: of an unknown transport, or without a checksum to fill in", () => {
    expect(read({ checksum: 3, csumStart: 34, csumOffset: 8, gsoSize: 1000 })).toBeUndefined();
    expect(read({ checksum: 0, gsoSize: 1000 })).toBeUndefined();
  });
});
