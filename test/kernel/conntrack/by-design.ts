import type { Difference } from "./compare.js";

interface Known {
  readonly why: string;
  readonly differences: readonly Difference[];
}

const at = (step: number, kernel: string, ours: string): Difference => ({ step, kernel, ours });

/**
 * Where our tracking says something else than the kernel's: Open vSwitch 3.1 in user space says what ours does, as `test/differential/conntrack.test.ts` shows with the
 * same packets. By scenario.
 */
export const byDesign: { readonly [scenario: string]: Known } = {
  "udp to port 0 and from port 0": {
    why: "port 0 is nobody's",
    differences: [at(0, "new", "inv"), at(1, "new", "inv")],
  },
  "every type of ICMP alone": { why: "address masks (RFC 950) are not tracked", differences: [at(17, "new", "inv")] },
  "every type of ICMPv6 alone": {
    why: "node information (RFC 4620) is not tracked",
    differences: [at(8, "new", "inv")],
  },
  errors: {
    why: "of the packet that an error is about 8 bytes must be there (RFC 792); the kernel is content with ports",
    differences: [at(14, "rel rpl", "inv")],
  },
  "errors, source translated": {
    why: "as above; the kernel drops what it cannot translate",
    differences: [
      at(
        14,
        ": ",
        "inv: 4500003700010000000100000a00004d0a0000090301952b000000004500004f00010000401166930a0000090a00000200350063003b67",
      ),
    ],
  },
  sctp: { why: "SCTP is tracked by its addresses only", differences: [at(9, "new", "est")] },
  "udp-lite": {
    why: "UDP-Lite is not looked into; the kernel sums it with UDP's number, so that right checksums are wrong to it",
    differences: [
      at(0, "inv", "new"),
      at(1, "inv", "est rpl"),
      at(2, "inv", "est"),
      at(3, "inv", "est"),
      at(4, "inv", "est rpl"),
    ],
  },
  "udp-lite, summed as the kernel does": {
    why: "UDP-Lite is tracked by its addresses only",
    differences: [at(3, "new", "est"), at(4, "new", "est rpl")],
  },
  "a reset within the window, not at its beginning": {
    why: "a reset must have the very number that comes next (RFC 5961)",
    differences: [at(4, "est rpl", "inv")],
  },
  "the client resets before a reply": {
    why: "only a SYN leaves a connection new; a closed one still knows its packets",
    differences: [at(1, "new", "est"), at(2, "inv", "est rpl")],
  },
  "a reply that acknowledges another SYN": {
    why: "what a side acknowledges with its first packet is not judged",
    differences: [at(1, "inv", "est rpl"), at(2, "new", "inv")],
  },
  "simultaneous open": {
    why: "a SYN from the other side is another try, and the windows of both are not known as they should be",
    differences: [at(1, "est rpl", "new"), at(2, "est rpl", "inv"), at(5, "est", "inv")],
  },
  "picked up in the middle with data": {
    why: "a second packet that is no SYN is established, answered or not",
    differences: [at(1, "new", "est")],
  },
  "data before the window": {
    why: "what lies further back than a window is nothing; the kernel takes it for sent again",
    differences: [at(4, "est", "inv")],
  },
  "acknowledges what was acknowledged long ago": {
    why: "the last segment lies beyond the window; the kernel counts from what was sent before",
    differences: [at(6, "est rpl", "inv")],
  },
  "scaled windows": {
    why: "a segment beyond the largest window told; the kernel allows one more window",
    differences: [at(7, "est", "inv")],
  },
  "selective acknowledgments": {
    why: "selective acknowledgments are not judged",
    differences: [at(6, "inv", "est rpl")],
  },
  "a SYN amid a connection, far away, answered by a reset": {
    why: "a SYN out of the window is nothing; the kernel lets it through to see what is answered",
    differences: [at(4, "est", "inv")],
  },
  "a SYN of the server's amid a connection": {
    why: "a SYN within the window is a packet like others",
    differences: [at(4, "inv", "est rpl")],
  },
  "a FIN without a SYN": {
    why: "any packet but a SYN with ACK may begin a connection that was not seen begin",
    differences: [at(0, "inv", "new"), at(1, "new", "est rpl")],
  },
  "a reset without a SYN": {
    why: "as above",
    differences: [at(0, "inv", "new"), at(1, "inv", "est")],
  },
  "flags of no sane sender": {
    why: "data flags with a bare SYN are refused, FIN with RST is not",
    differences: [
      at(9, "new", "inv"),
      at(10, "new", "inv"),
      at(11, "new", "inv"),
      at(13, "inv", "new"),
      at(16, "inv", "new"),
    ],
  },
  "flags of no sane sender amid a connection": {
    why: "SYN, PSH and ACK within the window is a packet like others",
    differences: [at(9, "inv", "est")],
  },
};
