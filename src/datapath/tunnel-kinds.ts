/** How a tunnel's packets look between the outer IP (and UDP) header and the inner packet. */
export type TunnelProtocol = "vxlan" | "geneve" | "gre" | "erspan" | "gtpu";

/** One type of tunnel port. */
export interface TunnelKind {
  /** Interface:type, and the type of the datapath's port. */
  readonly type: string;
  /** The type's number in the text of `tnl_push`. */
  readonly number: number;
  /** What the datapath's port is called; of a tunnel over UDP the UDP port follows. */
  readonly portName: string;
  readonly udpPort?: number;
  /** Undefined where the userspace engine neither pushes nor pops such headers. */
  readonly protocol: TunnelProtocol | undefined;
}

export const tunnelKinds: readonly TunnelKind[] = [
  { type: "gre", number: 3, portName: "gre_sys", protocol: "gre" },
  { type: "vxlan", number: 4, portName: "vxlan_sys_", udpPort: 4789, protocol: "vxlan" },
  { type: "geneve", number: 5, portName: "genev_sys_", udpPort: 6081, protocol: "geneve" },
  { type: "lisp", number: 105, portName: "lisp_sys_", udpPort: 4341, protocol: undefined },
  { type: "stt", number: 106, portName: "stt_sys_", udpPort: 7471, protocol: undefined },
  { type: "erspan", number: 107, portName: "erspan_sys", protocol: "erspan" },
  { type: "ip6erspan", number: 108, portName: "ip6erspan_sys", protocol: "erspan" },
  { type: "ip6gre", number: 109, portName: "ip6gre_sys", protocol: "gre" },
  { type: "gtpu", number: 110, portName: "gtpu_sys_", udpPort: 2152, protocol: "gtpu" },
  { type: "bareudp", number: 111, portName: "udp_sys_", udpPort: 6635, protocol: undefined },
];

/** The protocol of a type's number; undefined for one that is not known, or not pushed and popped here. */
export function tunnelProtocol(number: number): TunnelProtocol | undefined {
  return tunnelKinds.find((kind) => kind.number === number)?.protocol;
}

/** What an engine knows of a tunnel port. It may go to other threads. */
export interface TunnelPort {
  /** How packets are taken out of their outer headers; undefined where they cannot be. */
  readonly protocol: TunnelProtocol | undefined;
  /** One number, in memory that threads share: packets with a sequence number that were sent, modulo 2^32. */
  readonly sent: Int32Array;
}

/** A tunnel port through which nothing has been sent. */
export function newTunnelPort(protocol: TunnelProtocol | undefined): TunnelPort {
  return { protocol, sent: new Int32Array(new SharedArrayBuffer(4)) };
}
