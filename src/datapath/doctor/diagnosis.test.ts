import { describe, expect, it } from "vitest";
import type { Answer, HostAnswers, HostCheck } from "#host/host-answers.js";
import { type BpfFeature, bpfFeatures, kernelEngineNeeds } from "#host/linux/bpf/features.js";
import type { CaptureHandle, FrameHandle } from "#host/net.js";
import type { Device } from "../device.js";
import { diagnose } from "./diagnosis.js";
import { formatDiagnosis } from "./diagnosis-text.js";
import { checkUses, featureUses } from "./feature-uses.js";
import { portWay } from "./port-way.js";

type Works = boolean | undefined;

/** A host where all works but what is said. */
function host(
  checks: Partial<Record<HostCheck, Works>> = {},
  features: Partial<Record<BpfFeature, Works>> = {},
): HostAnswers {
  const answers = <Name extends string>(
    names: readonly Name[],
    not: Partial<Record<Name, Works>>,
  ): ReadonlyMap<Name, Answer> =>
    new Map(names.map((name) => [name, { works: name in not ? not[name] : true, reason: `because of ${name}` }]));
  return {
    checks: answers(Object.keys(checkUses) as HostCheck[], checks),
    features: answers(Object.keys(bpfFeatures) as BpfFeature[], features),
  };
}

const inputOf = (answers: HostAnswers, type: string) => {
  const { input, reason } = diagnose(answers).inputs.find(({ types }) => types.includes(type))!;
  return { input, reason };
};

describe("diagnosis", () => {
  it("finds nothing to say of a host that has all", () => {
    const diagnosis = diagnose(host());
    expect(diagnosis).toMatchObject({
      canForward: true,
      datapaths: { netdev: "userspace", system: "kernel" },
      kernelEngine: { isBuilt: true, hostIsReady: true, missing: [], unknown: [], helpful: [] },
    });
    expect(formatDiagnosis(diagnosis)).not.toContain("→");
    expect(formatDiagnosis(diagnosis)).toContain(
      "  system  kernel engine\n  kernel engine: this host has what it needs\n",
    );
  });

  it.each<[Partial<Record<HostCheck, Works>>, boolean, string]>([
    [{ koffi: false }, false, "because of koffi"],
    [{ kernel: false }, false, "because of kernel"],
    [{ net_admin: false, packet_socket: undefined, tun: undefined }, false, "because of net_admin"],
    [{ tun: false }, true, "system ports work, TAP devices do not"],
    [{ packet_socket: false }, true, "TAP devices work, system ports do not"],
    [
      { packet_socket: undefined, tun: undefined },
      false,
      "neither packet sockets (because of packet_socket) nor TAP devices (because of tun)",
    ],
    [{ user_namespaces: false, ipv6: false, backlog: false, jit: false, hide: false }, true, "all kinds of ports work"],
  ])("with %j says whether it can forward: %s, %s", (checks, canForward, reason) => {
    expect(diagnose(host(checks))).toMatchObject({ canForward, reason });
  });

  it("says nothing of what nobody asked, and forwards nothing then", () => {
    const { canForward, kernelEngine } = diagnose({ checks: new Map(), features: new Map() });
    expect(canForward).toBe(false);
    expect(kernelEngine.hostIsReady).toBeNull();
  });

  it("calls necessary what the kernel engine refuses to begin without", () => {
    const named = Object.entries(featureUses).filter(([, use]) => use.kernelEngine === "needs");
    expect(named.map(([name]) => name).sort()).toEqual([...kernelEngineNeeds].sort());
  });

  it("tells what keeps the kernel engine from a host, and what may", () => {
    const without = diagnose(host({}, { btf: false, atomics: undefined }));
    expect(without.datapaths.system).toBe("userspace");
    expect(formatDiagnosis(without)).toContain("userspace engine, as the kernel engine cannot be here\n");
    expect(without.kernelEngine).toMatchObject({
      hostIsReady: false,
      missing: ["btf"],
      unknown: ["atomics"],
    });
    expect(diagnose(host({ veth: false }, { tcx: undefined, pins: false })).kernelEngine).toMatchObject({
      hostIsReady: null,
      unknown: ["tcx"],
      helpful: ["veth", "pins"],
    });
    expect(diagnose(host({}, { clsact: false, loop: false, xdp: false })).kernelEngine.hostIsReady).toBe(true);
  });

  it("explains the input of system ports by what the ring lacks first", () => {
    expect(inputOf(host(), "system")).toEqual({ input: "BPF ring at tcx", reason: "because of ring" });
    expect(inputOf(host({ ring: false }, { tcx: false, dynptr: false }), "system")).toEqual({
      input: "packet socket",
      reason: "no BPF ring: programs at tcx: because of tcx",
    });
    expect(inputOf(host({ ring: false }), "system").reason).toBe("no BPF ring: because of ring");
    expect(inputOf(host({ packet_socket: false }), "system")).toEqual({
      input: null,
      reason: "because of packet_socket",
    });
  });

  it("has internal ports be veth pairs with the kernel engine, or where there are no TAP devices", () => {
    expect(inputOf(host(), "internal")).toEqual({
      input: "veth pair, BPF ring at tcx",
      reason: "the kernel engine's; TAP with datapath_type=netdev",
    });
    expect(inputOf(host({ veth: false }), "internal").input).toBe("TAP");
    expect(inputOf(host({}, { atomics: false }), "internal").input).toBe("TAP");
    expect(inputOf(host({ tun: false }, { atomics: false }), "internal")).toEqual({
      input: "veth pair, BPF ring at tcx",
      reason: "no TAP: because of tun",
    });
    expect(inputOf(host({ tun: false, veth: false }), "internal").input).toBeNull();
    expect(inputOf(host({ tun: false }), "tap").input).toBeNull();
  });

  it("follows AF_XDP's ways down", () => {
    expect(inputOf(host(), "afxdp").reason).toContain("in native mode");
    expect(inputOf(host({}, { xdp: false }), "afxdp").reason).toBe("in generic mode: because of xdp");
    expect(inputOf(host({}, { af_xdp: false }), "afxdp").input).toBe("BPF ring at tcx");
  });

  it("advises those without privilege to ask with it, and no more", () => {
    const checks: Partial<Record<HostCheck, Works>> = { net_admin: false, tun: undefined, packet_socket: undefined };
    const advice = diagnose(host(checks, { tcx: undefined })).host.filter((found) => found.advice !== "");
    expect(advice.map(({ name }) => name)).toEqual(["net_admin"]);
  });

  it("advises on what does not work or cannot be told, with the version that brought it", () => {
    const lines = formatDiagnosis(diagnose(host({ backlog: false }, { tcx: false, dynptr: undefined }))).split("\n");
    const below = (title: string): string =>
      lines[lines.findIndex((line) => line.trim().startsWith(title)) + 1]!.trim();
    expect(below("room for bursts")).toBe("→ floods lose frames: sysctl -w net.core.netdev_max_backlog=10000");
    expect(below("programs at tcx")).toBe(
      "→ packets come by packet sockets, which is slower, and the kernel engine cannot be (Linux 6.6 has it)",
    );
    expect(lines.find((line) => line.includes("bpf_dynptr_copy"))).toMatch(/ unknown +because of dynptr$/);
    expect(below("whole packets")).toMatch(/^→ where it is missing, packets come by packet sockets/);
  });
});

describe("a port's way in", () => {
  const capture: CaptureHandle = {
    kind: "capture",
    name: "p",
    ifindex: 1,
    mtu: 1500,
    queues: 1,
    fd: 3,
    input: "socket",
    hideLink: -1,
    dropProgram: -1,
  };
  const way = (type: string, frames: FrameHandle | undefined, answers = host()) =>
    portWay({ type, ...(frames ? { frames } : {}) } as unknown as Device, diagnose(answers));

  it("is what its frames say", () => {
    expect(way("system", { ...capture, input: "ring" }).input).toBe("BPF ring at tcx");
    expect(way("system", capture, host({ ring: false }, { btf: false }))).toEqual({
      input: "packet socket",
      reason: "no BPF ring: the kernel's type information (BTF): because of btf",
    });
    expect(way("internal", capture, host({ tun: false })).input).toBe("veth pair, packet socket");
    expect(way("afxdp", capture).reason).toContain("AF_XDP does not work with it");
    const tap: FrameHandle = { kind: "tap", name: "t", ifindex: 2, mtu: 1500, queues: 2, fds: [4, 5] };
    expect(way("internal", tap).input).toBe("TAP, 2 queues");
    expect(way("patch", undefined).input).toBe("inside the switch");
  });
});
