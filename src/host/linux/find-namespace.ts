import { readdirSync, readlinkSync, statSync } from "node:fs";
import { decodeNamespaceId, getNamespaceId } from "#wire/rtnetlink.js";
import { holdNamespace, type NetworkNamespace } from "./namespaces.js";
import type { NetlinkSocket } from "./netlink-socket.js";

function entries(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** Where network namespaces can be got hold of: those with names, those of processes, those that processes have open. */
function* places(): Iterable<string> {
  for (const name of entries("/run/netns")) yield `/run/netns/${name}`;
  const processes = entries("/proc").filter((name) => /^\d+$/.test(name));
  for (const pid of processes) yield `/proc/${pid}/ns/net`;
  for (const pid of processes) {
    for (const fd of entries(`/proc/${pid}/fd`)) {
      const path = `/proc/${pid}/fd/${fd}`;
      try {
        if (readlinkSync(path).startsWith("net:")) yield path;
      } catch {
        // It has been closed.
      }
    }
  }
}

/** The network namespace that has an id in that of the socket; undefined where nothing is found that leads there. */
export function findNamespace(netlink: NetlinkSocket, id: number): NetworkNamespace | undefined {
  const seen = new Set<number>();
  for (const path of places()) {
    let namespace: NetworkNamespace | undefined;
    try {
      const { ino } = statSync(path);
      if (seen.has(ino)) continue;
      seen.add(ino);
      namespace = holdNamespace(path);
      const [answer] = netlink.request(getNamespaceId(namespace.fd), path);
      if (answer && decodeNamespaceId(answer.payload) === id) return namespace;
    } catch {
      // It has gone, or is none.
    }
    namespace?.close();
  }
  return undefined;
}
