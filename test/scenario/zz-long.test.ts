import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BridgeSettings, PortSettings } from "#ofproto/settings.js";
import { broadcast, frame, station } from "./frames.js";
import { OracleSwitch } from "./oracle-switch.js";
import { SwitchLab } from "./switch-lab.js";

const vlans = [0, 1, 10, 20];
const someVlans = fc.uniqueArray(fc.constantFrom(...vlans), { maxLength: 3 });

const portSettings: fc.Arbitrary<Partial<PortSettings>> = fc.record({
  vlanMode: fc.constantFrom("access", "trunk", "native-tagged", "native-untagged", "dot1q-tunnel"),
  tag: fc.constantFrom(-1, ...vlans),
  trunks: someVlans,
  cvlans: someVlans,
  qinqEthertype: fc.constantFrom(0x8100, 0x88a8),
  priorityTags: fc.constantFrom("no", "if-nonzero", "always"),
  protected: fc.boolean(),
});

const bridgeSettings: fc.Arbitrary<Partial<BridgeSettings>> = fc.record({
  floodVlans: fc.constantFrom([], [], [10]),
  forwardBpdu: fc.boolean(),
  failMode: fc.constantFrom("standalone", "standalone", "standalone", "secure"),
  macAgingTime: fc.constantFrom(300, 15),
});

const tag = fc.record({
  tpid: fc.constantFrom(0x8100, 0x88a8),
  vid: fc.constantFrom(...vlans),
  pcp: fc.constantFrom(0, 0, 3, 5),
});
const destination = fc.constantFrom(
  broadcast,
  "01:80:c2:00:00:0e",
  "01:00:5e:00:00:01",
  ...[1, 2, 3, 4, 5].map(station),
);
const packet = fc
  .tuple(destination, fc.constantFrom(...[1, 2, 3, 4, 5].map(station)), fc.array(tag, { maxLength: 3 }))
  .map(([dst, src, tags]) => frame(dst, src, tags));

const portIndex = fc.nat({ max: 5 });
const step = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant("packet" as const), port: portIndex, packet }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.constantFrom(1, 400, 5000, 20_000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("configure" as const), port: portIndex, settings: portSettings }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("bridge" as const),
      bridge: fc.nat({ max: 1 }),
      settings: bridgeSettings,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("flush" as const), bridge: fc.nat({ max: 1 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("replug" as const), port: portIndex, settings: portSettings }),
  },
);

const topology = fc.record({
  vlanLimit: fc.constantFrom(1, 2),
  ports: fc.array(portSettings, { minLength: 6, maxLength: 6 }),
  patch: fc.option(fc.tuple(portSettings, portSettings)),
});

const bridges = ["br0", "br1"];
/** Ports 0 to 3 are on br0, 4 and 5 on br1. */
const bridgeOf = (port: number): string => (port < 4 ? "br0" : "br1");

describe("the switch and its oracle", () => {
  it("send the same frames, whatever the bridges, packets and changes", () => {
    let compared = 0;
    let delivered = 0;
    fc.assert(
      fc.property(topology, fc.array(step, { minLength: 20, maxLength: 60 }), ({ vlanLimit, ports, patch }, steps) => {
        const lab = new SwitchLab();
        const oracle = new OracleSwitch();
        for (const name of bridges) {
          lab.addBridge(name, { vlanLimit });
          oracle.addBridge(name, { vlanLimit });
        }
        const add = (i: number, settings: Partial<PortSettings>): void => {
          lab.addPort(bridgeOf(i), `p${i}`, settings);
          oracle.addPort(bridgeOf(i), `p${i}`, settings);
        };
        for (const [i, settings] of ports.entries()) add(i, settings);
        if (patch) {
          lab.addPatch("br0", "to1", "to0", patch[0]);
          lab.addPatch("br1", "to0", "to1", patch[1]);
          oracle.addPort("br0", "to1", patch[0], "to0");
          oracle.addPort("br1", "to0", patch[1], "to1");
        }
        for (const s of steps) {
          switch (s.kind) {
            case "packet": {
              const sent = lab.receive(`p${s.port}`, s.packet);
              const want = oracle.receive(lab.clock.now(), bridgeOf(s.port), `p${s.port}`, s.packet);
              expect(sent).toEqual(want);
              compared++;
              delivered += sent.length;
              break;
            }
            case "wait":
              lab.clock.advance(s.ms);
              break;
            case "configure":
              lab.configurePort(bridgeOf(s.port), `p${s.port}`, s.settings);
              oracle.configurePort(bridgeOf(s.port), `p${s.port}`, s.settings);
              break;
            case "bridge": {
              const { state } = lab.switches.bridges.get(bridges[s.bridge]!)!;
              lab.bridge(state.name).configure({ ...state.settings, ...s.settings });
              oracle.configureBridge(state.name, s.settings);
              break;
            }
            case "flush":
              lab.state(bridges[s.bridge]!).macs.flush();
              oracle.flush(bridges[s.bridge]!);
              break;
            case "replug":
              lab.removePort(bridgeOf(s.port), `p${s.port}`);
              oracle.removePort(bridgeOf(s.port), `p${s.port}`);
              add(s.port, s.settings);
              break;
          }
          // Let flows catch up, and addresses be refreshed by what they carried.
          lab.switches.backers.get("dummy")!.revalidator.round();
          oracle.age(lab.clock.now());
        }
      }),
      { seed: 99, numRuns: 12000 },
    );
    expect(compared).toBeGreaterThan(5000);
    expect(delivered).toBeGreaterThan(compared / 2);
  });
});
