/** Port configuration that a controller may set (`OFPPC_*`). */
export const PortConfig = {
  portDown: 1 << 0,
  noReceive: 1 << 2,
  noReceiveStp: 1 << 3,
  noFlood: 1 << 4,
  noForward: 1 << 5,
  noPacketIn: 1 << 6,
} as const;
