import { describe, expect, it } from "vitest";
import { type PhyPort, PortState } from "#openflow/messages/port/phy-port.js";
import { PortConfig } from "#openflow/messages/port/port-config.js";
import { OF10, OF13, OF15, type Version } from "#openflow/version.js";
import { macNumber } from "#util/mac-number.js";
import { portStatusSteps, stepsSeen } from "./port-status.js";

const port = (config: number, state: number): PhyPort => ({
  number: 1,
  address: macNumber(Uint8Array.of(2, 0, 0, 0, 0, 1)),
  name: "p1",
  config,
  state,
  current: 0,
  advertised: 0,
  supported: 0,
  peer: 0,
  currentSpeed: 0,
  maxSpeed: 0,
});

const up = port(0, PortState.live);
const told = (reason: "add" | "delete" | "modify", before: PhyPort | undefined, now: PhyPort, version: Version) =>
  stepsSeen(portStatusSteps(reason, before, now), before, version).map(
    (step) => `${step.reason} ${step.port.config} ${step.port.state}`,
  );

describe("port status", () => {
  it("tells that a port is live after that it is there, to those who can see it", () => {
    expect(told("add", undefined, up, OF10)).toEqual(["add 0 0"]);
    expect(told("add", undefined, up, OF13)).toEqual(["add 0 0", "modify 0 4"]);
    expect(told("delete", undefined, up, OF13)).toEqual(["delete 0 4"]);
  });

  it("tells what a port was set to before what came of it", () => {
    const down = port(PortConfig.portDown, PortState.linkDown);
    expect(told("modify", up, down, OF10)).toEqual(["modify 1 0", "modify 1 1"]);
    expect(told("modify", down, up, OF13)).toEqual(["modify 0 1", "modify 0 4"]);
  });

  it("does not tell what a version does not see", () => {
    const quiet = port(PortConfig.noFlood, PortState.live);
    expect(told("modify", up, quiet, OF10)).toEqual([`modify ${PortConfig.noFlood} 4`]);
    expect(told("modify", up, quiet, OF13)).toEqual([]);
  });

  it("tells a connection what came of what it set, and that it set it only since OpenFlow 1.5", () => {
    const own = (now: PhyPort, version: Version): number =>
      stepsSeen(portStatusSteps("modify", up, now), up, version, true).length;
    expect(own(port(PortConfig.noReceive, PortState.live), OF13)).toBe(0);
    expect(own(port(PortConfig.noReceive, PortState.live), OF15)).toBe(1);
    expect(own(port(PortConfig.portDown, PortState.linkDown), OF13)).toBe(1);
    expect(own(port(PortConfig.portDown, PortState.linkDown), OF15)).toBe(2);
  });
});
