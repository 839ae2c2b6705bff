import { fstatSync, readFileSync } from "node:fs";
import type { PacketListeners } from "../packet-listeners.js";

/** ETH_P_ALL as it is printed: a socket of any other protocol sees nothing of what is sent. */
const EVERYTHING = "0003";

/** Inodes of this process's packet sockets. */
const ownSockets = new Set<number>();

/** From now on a packet socket is not taken for somebody else's, until `forget`. */
export function ownPacketSocket(fd: number): { forget(): void } {
  const { ino } = fstatSync(fd);
  ownSockets.add(ino);
  return { forget: () => void ownSockets.delete(ino) };
}

/** What /proc/net/packet says (sk, RefCnt, Type, Proto, Iface, R, Rmem, User, Inode), the sockets in `own` left out. Interface 0 stands for all. */
export function parsePacketListeners(text: string, own: ReadonlySet<number>): PacketListeners {
  const links = new Set<number>();
  for (const line of text.split("\n")) {
    const [, , , protocol, link, isRunning, , , inode] = line.trim().split(/\s+/);
    if (protocol !== EVERYTHING || isRunning !== "1" || own.has(Number(inode))) continue;
    links.add(Number(link));
  }
  return { isListenedAt: (ifindex) => links.has(ifindex) || links.has(0) };
}

/** Who listens in the calling thread's network namespace. Where that cannot be found out, somebody may listen anywhere. */
export function packetListeners(): PacketListeners {
  try {
    return parsePacketListeners(readFileSync("/proc/thread-self/net/packet", "latin1"), ownSockets);
  } catch {
    return { isListenedAt: () => true };
  }
}
