import koffi from "koffi";
import { errnoName, errnoText } from "#util/errno.js";
import { HostError } from "#util/errors.js";
import type { Identity } from "../process.js";

const PR_SET_KEEPCAPS = 8;
const versionThree = 0x20080522;

/** capabilities(7): CAP_NET_BIND_SERVICE, CAP_NET_BROADCAST, CAP_NET_ADMIN, CAP_NET_RAW, CAP_IPC_LOCK, CAP_PERFMON, CAP_BPF. */
const kept = [10, 11, 12, 13, 14, 38, 39] as const;

const libc = koffi.load(null);
const prctl = libc.func("int prctl(int option, ulong a, ulong b, ulong c, ulong d)");
const capset = libc.func("int capset(void *header, void *data)");

function check(tried: string, result: number): void {
  if (result === 0) return;
  const errno = koffi.errno();
  throw new HostError(tried, errnoName(errno), errno, errnoText(errno));
}

/**
 * Becomes another user and keeps the capabilities that a datapath needs, for this thread and those it starts from now on. `drop` does
 * the change itself.
 */
export function changeIdentityKeepingNetwork(identity: Identity, drop: (identity: Identity) => void): void {
  check("prctl", prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) as number);
  drop(identity);
  // struct __user_cap_header_struct {version, pid}, then two of {effective, permitted, inheritable}, 32 bits each.
  const header = Buffer.alloc(8);
  header.writeUInt32LE(versionThree, 0);
  const data = Buffer.alloc(24);
  for (const capability of kept) {
    const at = capability >= 32 ? 12 : 0;
    const bit = 1 << (capability & 31);
    for (const word of [at, at + 4]) data.writeUInt32LE((data.readUInt32LE(word) | bit) >>> 0, word);
  }
  check("capset", capset(header, data) as number);
}
