import { ForwardPart } from "#bpf/forward/layout.js";
import { partProgram } from "#bpf/forward/part-program.js";
import { popTunnel } from "#bpf/forward/tunnel-pop.js";
import { pushTunnel } from "#bpf/forward/tunnel-push.js";
import { W } from "#flow/layout.js";
import type { ForwardMaps } from "#host/forward-maps.js";

/** Loads what packets go through into tunnels and out of them. Throws `HostError`. */
export function loadTunnel(maps: ForwardMaps): void {
  const { processors, flows, kernelSkb } = maps;
  const common = { processors, flows, words: W, kernelSkb };
  maps.loadPart(ForwardPart.push, () => partProgram(processors, pushTunnel(W)));
  maps.loadPart(ForwardPart.pop, () => partProgram(processors, popTunnel(common)));
}
