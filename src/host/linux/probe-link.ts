import * as rt from "#wire/rtnetlink.js";
import { createNamespace, inNamespace } from "./namespaces.js";
import { NetlinkSocket } from "./netlink-socket.js";

/** Runs `run` with one end of a veth pair in a namespace of their own, which is gone afterwards. Throws `HostError`. */
export function withProbeLink<T>(run: (name: string, ifindex: number) => T): T {
  const namespace = createNamespace();
  try {
    return inNamespace(namespace, () => {
      const netlink = new NetlinkSocket(0);
      try {
        netlink.request(rt.createVeth("probe0", "probe1", undefined), "veth pair");
        const [answer] = netlink.request(rt.getLink("probe0"), "probe0");
        return run("probe0", rt.decodeLink(answer!.payload)!.ifindex);
      } finally {
        netlink.close();
      }
    });
  } finally {
    namespace.close();
  }
}
