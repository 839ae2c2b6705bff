import type { Answer, HostAnswers, HostCheck } from "#host/host-answers.js";
import { type BpfFeature, bpfFeatures, kernelEngineNeeds } from "#host/linux/bpf/features.js";
import { checkUses, featureUses } from "./feature-uses.js";

/** One answer with what follows from it. `works` is null where it cannot be told. */
export type Finding = {
  readonly name: string;
  readonly title: string;
  readonly works: boolean | null;
  readonly reason: string;
  /** What is lost, and what to do about it; empty where it works. */
  readonly advice: string;
};

/** How packets of ports of some types come in here. */
type PortInput = {
  /** Values of Interface:type; `system` is also the empty one. */
  readonly types: readonly string[];
  /** None where such ports do not work. */
  readonly input: string | null;
  readonly reason: string;
};

/** What a host's answers mean for the switch: data for people (`formatDiagnosis`) and programs. */
export type Diagnosis = {
  /** Whether packets can be forwarded between devices of this host. */
  readonly canForward: boolean;
  readonly reason: string;
  readonly datapaths: {
    /** Engines by datapath_type. */
    readonly netdev: "userspace";
    /** Unless `other_config:weft-kernel-engine` says otherwise. */
    readonly system: "kernel" | "userspace";
  };
  readonly kernelEngine: {
    readonly isBuilt: true;
    /** Whether this host has what it needs; null where that cannot be told. */
    readonly hostIsReady: boolean | null;
    readonly missing: readonly string[];
    readonly unknown: readonly string[];
    /** What it lacks that it would be better with. */
    readonly helpful: readonly string[];
  };
  readonly inputs: readonly PortInput[];
  readonly host: readonly Finding[];
  readonly features: readonly Finding[];
};

const UNASKED: Answer = { works: undefined, reason: "was not asked" };

/** What the capture ring stands on, in the order in which a lack explains most. */
const ringNeeds: readonly BpfFeature[] = ["bpf", "tcx", "btf", "ringbuf", "mmapable", "kfuncs", "skb_dynptr", "dynptr"];

/** What cannot be told for want of privilege needs no advice but to ask with it. */
function finding(name: string, title: string, { works, reason }: Answer, without: string, isAsked: boolean): Finding {
  const advice = works === false ? without : works === undefined && isAsked ? `where it is missing, ${without}` : "";
  return { name, title, works: works ?? null, reason, advice };
}

function featureAdvice(name: BpfFeature): string {
  const { since: version } = bpfFeatures[name];
  const since = version === undefined ? "" : ` (Linux ${version} has it)`;
  return `${featureUses[name].without}${since}`;
}

/** Draws conclusions from what a host has answered. */
export function diagnose({ checks, features }: HostAnswers): Diagnosis {
  const check = (name: HostCheck): Answer => checks.get(name) ?? UNASKED;
  const feature = (name: BpfFeature): Answer => features.get(name) ?? UNASKED;
  const isAsked = check("net_admin").works === true;
  const engine = kernelEngine(check, feature);
  return {
    ...verdict(check),
    datapaths: { netdev: "userspace", system: engine.hostIsReady ? "kernel" : "userspace" },
    kernelEngine: engine,
    inputs: inputs(check, feature, engine.hostIsReady === true),
    host: [...checks].map(([name, answer]) =>
      finding(name, checkUses[name].title, answer, checkUses[name].without, isAsked),
    ),
    features: [...features].map(([name, answer]) =>
      finding(name, bpfFeatures[name].title, answer, featureAdvice(name), isAsked),
    ),
  };
}

type Ask<Name> = (name: Name) => Answer;

function verdict(check: Ask<HostCheck>): { canForward: boolean; reason: string } {
  for (const name of ["koffi", "kernel", "net_admin"] as const) {
    const { works, reason } = check(name);
    if (works === false) return { canForward: false, reason };
  }
  const [sockets, taps] = [check("packet_socket"), check("tun")];
  if (sockets.works === true && taps.works === true) return { canForward: true, reason: "all kinds of ports work" };
  if (sockets.works === true) return { canForward: true, reason: "system ports work, TAP devices do not" };
  if (taps.works === true) return { canForward: true, reason: "TAP devices work, system ports do not" };
  return { canForward: false, reason: `neither packet sockets (${sockets.reason}) nor TAP devices (${taps.reason})` };
}

function kernelEngine(check: Ask<HostCheck>, feature: Ask<BpfFeature>): Diagnosis["kernelEngine"] {
  const missing = kernelEngineNeeds.filter((name) => feature(name).works === false);
  const unknown = kernelEngineNeeds.filter((name) => feature(name).works === undefined);
  const helping = (Object.keys(bpfFeatures) as BpfFeature[]).filter(
    (name) => featureUses[name].kernelEngine === "is helped" && feature(name).works === false,
  );
  const helpful = check("veth").works === false ? ["veth", ...helping] : helping;
  const hostIsReady = missing.length > 0 ? false : unknown.length > 0 ? null : true;
  return { isBuilt: true, hostIsReady, missing, unknown, helpful };
}

function inputs(check: Ask<HostCheck>, feature: Ask<BpfFeature>, hasKernelEngine: boolean): PortInput[] {
  const [sockets, taps] = [check("packet_socket"), check("tun")];
  const captured = capturedInput(check, feature);
  const tap = { input: "TAP", reason: taps.reason };
  const veth = captured.input && `veth pair, ${captured.input}`;
  const hasVeth = sockets.works === true && check("veth").works === true;
  const internal = (): Way => {
    if (hasKernelEngine && hasVeth)
      return { input: veth, reason: "the kernel engine's; TAP with datapath_type=netdev" };
    if (taps.works) return tap;
    return hasVeth ? { input: veth, reason: `no TAP: ${taps.reason}` } : { input: null, reason: taps.reason };
  };
  return [
    { types: ["system"], ...captured },
    { types: ["internal"], ...internal() },
    { types: ["tap"], ...(taps.works ? tap : { input: null, reason: taps.reason }) },
    { types: ["afxdp", "afxdp-nonpmd"], ...afxdpInput(captured, feature) },
    {
      types: ["dpdkvhostuser", "dpdkvhostuserclient"],
      input: "the guest's memory",
      reason: "vhost-user needs nothing of the host",
    },
  ];
}

type Way = Pick<PortInput, "input" | "reason">;

function capturedInput(check: Ask<HostCheck>, feature: Ask<BpfFeature>): Way {
  const [sockets, ring] = [check("packet_socket"), check("ring")];
  if (sockets.works !== true) return { input: null, reason: sockets.reason };
  if (ring.works === true) return { input: "BPF ring at tcx", reason: ring.reason };
  const lacking = ringNeeds.find((name) => feature(name).works === false);
  const why = lacking === undefined ? ring.reason : `${bpfFeatures[lacking].title}: ${feature(lacking).reason}`;
  return { input: "packet socket", reason: `no BPF ring: ${why}` };
}

function afxdpInput(captured: Way, feature: Ask<BpfFeature>): Way {
  const [sockets, native] = [feature("af_xdp"), feature("xdp")];
  if (captured.input === null) return captured;
  if (sockets.works !== true) return { input: captured.input, reason: `no AF_XDP: ${sockets.reason}` };
  if (native.works === true) return { input: "AF_XDP", reason: "in native mode where the driver has it, else generic" };
  return { input: "AF_XDP", reason: `in generic mode: ${native.reason}` };
}
