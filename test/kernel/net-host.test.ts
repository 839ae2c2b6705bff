import { createNamespace } from "#host/linux/namespaces.js";
import { LinuxNetHost } from "#host/linux/net-host.js";
import { netHostContract } from "../contract/net-host.js";
import { describeWith, root, tun } from "../support/needs.js";

describeWith([root, tun], "NetHost: Linux", () => {
  netHostContract(() => {
    const namespace = createNamespace();
    const net = new LinuxNetHost(namespace);
    return {
      net,
      // Netlink events are queued by the time a request returns; one turn of the loop's poll phase reads them.
      settle: () => new Promise((resolve) => setTimeout(resolve, 20)),
      close: () => {
        net.close();
        namespace.close();
      },
    };
  });
});
