/** Port configuration that a controller may set (`OFPPC_*`). */
export const PortConfig = {
  portDown: 0x01,
  noStp: 0x02,
  noReceive: 0x04,
  noReceiveStp: 0x08,
  noFlood: 0x10,
  noForward: 0x20,
  noPacketIn: 0x40,
} as const;
