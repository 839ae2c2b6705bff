/** Who listens at links with packet sockets, as tcpdump does, at one moment. */
export interface PacketListeners {
  /** Somebody other than this process receives every packet that a link sends, or those of all links. */
  isListenedAt(ifindex: number): boolean;
}
