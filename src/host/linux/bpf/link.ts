import { attachType } from "#bpf/program-spec.js";
import { Attribute, command } from "./call.js";

/**
 * Makes a link between a program and a hook of a network device; the link lives while its descriptor or a pin does, and loses its hook with the device.
 *
 * bpf_attr: prog_fd@0 target_ifindex@4 attach_type@8 flags@12.
 */
function createLink(program: number, ifindex: number, attach: number, flags: number, tried: string): number {
  return new Attribute(64)
    .u32(0, program)
    .u32(4, ifindex)
    .u32(8, attach)
    .u32(12, flags)
    .call(command.linkCreate, tried);
}

/** Attaches a program to a network device's tcx hook (`attachType.tcxIngress`, `tcxEgress`; Linux 6.6), behind those that are there, and returns the link's descriptor. Throws `HostError`. */
export function attachTcx(program: number, ifindex: number, attach: number): number {
  return createLink(program, ifindex, attach, 0, "bpf link to tcx");
}

/** Where an XDP program runs: in the driver, or in the stack once there is a socket buffer (XDP_FLAGS_*). */
export const xdpPlace = { stack: 2, driver: 4 } as const;

/** Attaches an XDP program to a network device (Linux 5.9) and returns the link's descriptor. Throws `HostError`. */
export function attachXdp(program: number, ifindex: number, place: number): number {
  return createLink(program, ifindex, attachType.xdp, place, "bpf link to xdp");
}

/** Puts another program in a link's place at once; no packet passes between. Throws `HostError`. bpf_attr: link_fd@0 new_prog_fd@4. */
export function updateLink(link: number, program: number): void {
  new Attribute(16).u32(0, link).u32(4, program).call(command.linkUpdate, "bpf link update");
}

/** Takes the program from the hook, however many descriptors and pins hold the link (Linux 5.9). Throws `HostError`. bpf_attr: link_fd@0. */
export function detachLink(link: number): void {
  new Attribute(16).u32(0, link).call(command.linkDetach, "bpf link detach");
}
