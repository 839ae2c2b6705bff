import { describe, expect, it } from "vitest";
import type { DatapathMeter } from "#datapath/meters.js";
import { parseDatapathActions } from "#datapath/text/action-parse.js";
import { compileActions } from "#datapath/userspace/compile.js";
import { COUNTERS } from "#datapath/userspace/counters.js";
import { DROP } from "#datapath/userspace/drop-positions.js";
import { Forwarder } from "#datapath/userspace/forwarder.js";
import { HeadArena } from "#datapath/userspace/frames/head-arena.js";
import { beginMeter, METER_SIZE, Meter, readMeter } from "#datapath/userspace/meters/meter.js";
import { extractKey } from "#flow/extract.js";
import { newKey } from "#flow/key.js";
import { newLayers } from "#flow/layers.js";
import { type Offload, VNET_GSO_TCPV4, VNET_NEEDS_CSUM } from "#wire/virtio-net.js";
import { tcpFrame } from "../support/partial-frames.js";

const HEADERS = 54;
const whole: Offload = {
  ...{ flags: VNET_NEEDS_CSUM, gsoType: VNET_GSO_TCPV4, headerLength: HEADERS },
  ...{ gsoSize: 1000, csumStart: 34, csumOffset: 16 },
};

function bed(bands: DatapathMeter["bands"]) {
  const counters = new Float64Array(COUNTERS);
  const sent: { readonly port: number; readonly length: number }[] = [];
  const core = new Forwarder(
    { send: (port, _h, _ha, headLength, _t, _ta, tailLength) => sent.push({ port, length: headLength + tailLength }) },
    { upcall: () => true },
    { counters, arena: new HeadArena(new Uint8Array(1 << 16)), random: () => 0 },
  );
  core.addPort(1);
  core.addPort(2);
  const place = { memory: new BigInt64Array(new SharedArrayBuffer(METER_SIZE * 8)), at: 0 };
  const meter: DatapathMeter = { unit: "pktps", bands };
  beginMeter(place, meter, 0);
  core.setMeter(0, new Meter(meter, place));
  /** A segment of 2500 bytes of data. */
  const run = (actions: string, offload: Offload = whole): void => {
    const data = tcpFrame(2500);
    const key = newKey();
    extractKey(data, 0, data.length, key, key, newLayers());
    core.execute({ data, offload }, key, compileActions(parseDatapathActions(actions), key));
  };
  return { run, sent, counters, stats: () => readMeter(place, bands.length) };
}

const drop = (burst: number): DatapathMeter["bands"][number] => ({ type: "drop", rate: 1, burst, precedence: 0 });

describe("large segments at a meter", () => {
  it("stay whole where all of their packets pass, else as many pass as there are tokens for", () => {
    const { run, sent, stats } = bed([drop(4)]);
    run("meter(0),1");
    expect(sent).toEqual([{ port: 1, length: HEADERS + 2500 }]);
    expect(stats()).toMatchObject({ packets: 3, bytes: 2500 + 3 * HEADERS, bands: [{ packets: 0 }] });
    run("meter(0),1");
    expect(sent.slice(1)).toEqual([{ port: 1, length: HEADERS + 1000 }]);
    expect(stats()).toMatchObject({ packets: 6, bands: [{ packets: 2 }] });
  });

  it("lose their ends each where the whole was to lose its end, once", () => {
    const { run, sent } = bed([drop(2)]);
    run("trunc(100),meter(0),1,2");
    expect(sent).toEqual([
      { port: 1, length: 100 },
      { port: 2, length: HEADERS + 1000 },
      { port: 1, length: 100 },
      { port: 2, length: HEADERS + 1000 },
    ]);
  });

  it("of no size are counted as one packet, and what cannot be cut is dropped", () => {
    const { run, stats, counters } = bed([]);
    run("meter(0),1", { ...whole, gsoSize: 0 });
    expect(stats()).toMatchObject({ packets: 1, bytes: HEADERS + 2500 });
    run("push_mpls(label=1,tc=0,ttl=64,bos=1,eth_type=0x8847),1", { ...whole, gsoSize: 0 });
    expect(counters[DROP.segmentation]).toBe(1);
  });
});
