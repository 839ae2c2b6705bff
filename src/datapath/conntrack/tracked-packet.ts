import { newTuple, type Tuple } from "./tuple.js";

/** What connection tracking reads of a packet. One to reuse. */
export interface TrackedPacket {
  /** What it is looked up by. */
  readonly tuple: Tuple;
  protocol: number;
  /** Offsets of the headers in the frame; `end` is the end of the IP packet. */
  l3: number;
  l4: number;
  end: number;
  /** Of TCP: flags, numbers, window, where the payload begins, and the window scale option or -1. */
  flags: number;
  sequence: number;
  acknowledgment: number;
  window: number;
  payload: number;
  scale: number;
  /** Of an ICMP error: where the IP header of the packet it is about begins; else -1. */
  inner: number;
}

export function newTrackedPacket(): TrackedPacket {
  return {
    tuple: newTuple(),
    protocol: 0,
    l3: 0,
    l4: 0,
    end: 0,
    flags: 0,
    sequence: 0,
    acknowledgment: 0,
    window: 0,
    payload: 0,
    scale: -1,
    inner: -1,
  };
}
