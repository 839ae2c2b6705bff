import * as rt from "#wire/rtnetlink.js";
import { createNamespace, inNamespace } from "./namespaces.js";
import { NetlinkSocket } from "./netlink-socket.js";

/** In a namespace of its own each host has this device, with this number. */
const LOOPBACK = { name: "lo", ifindex: 1 };

/** Runs `run` in a network namespace of its own with a link, the loopback device; both are gone afterwards. Throws `HostError`. */
export function withProbeLink<T>(run: (name: string, ifindex: number) => T): T {
  const namespace = createNamespace();
  try {
    return inNamespace(namespace, () => run(LOOPBACK.name, LOOPBACK.ifindex));
  } finally {
    namespace.close();
  }
}

/** The same with one end of a veth pair. */
export function withProbeVeth<T>(run: (name: string, ifindex: number) => T): T {
  return withProbeLink(() => {
    const netlink = new NetlinkSocket(0);
    try {
      netlink.request(rt.createVeth("probe0", "probe1", undefined), "veth pair");
      const [answer] = netlink.request(rt.getLink("probe0"), "probe0");
      return run("probe0", rt.decodeLink(answer!.payload)!.ifindex);
    } finally {
      netlink.close();
    }
  });
}
