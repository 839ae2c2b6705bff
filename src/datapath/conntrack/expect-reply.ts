import { F_DNAT, F_SNAT, PORTS } from "./connection-layout.js";
import type { Tuple } from "./tuple.js";

/**
 * Makes `reply` what it is to be of an announced connection: `t` is its original tuple, `goal` what its packets get. Returns the connection's flags that say
 * what is translated.
 */
export function expectReply(t: Tuple, goal: Tuple, reply: Tuple): number {
  let flags = 0;
  for (let i = 0; i < 4; i++) {
    if (goal[i] !== t[i]) flags |= F_SNAT;
    if (goal[4 + i] !== t[4 + i]) flags |= F_DNAT;
    reply[i] = goal[4 + i]!;
    reply[4 + i] = goal[i]!;
  }
  const port = goal[PORTS]! & 0xffff;
  if (port !== (t[PORTS]! & 0xffff)) flags |= F_DNAT;
  reply[PORTS] = (port << 16) | (t[PORTS]! >>> 16);
  return flags;
}
