/** Reserved OpenFlow port numbers, in their 16-bit form (OpenFlow 1.0; 1.1 and later put 0xffff before them on the wire). */
export const OFPP = {
  /** Ports a switch may number are 1 … max - 1. */
  max: 0xff00,
  unset: 0xfff7,
  inPort: 0xfff8,
  table: 0xfff9,
  normal: 0xfffa,
  flood: 0xfffb,
  all: 0xfffc,
  controller: 0xfffd,
  local: 0xfffe,
  none: 0xffff,
} as const;

const names: ReadonlyMap<number, string> = new Map([
  [OFPP.unset, "UNSET"],
  [OFPP.inPort, "IN_PORT"],
  [OFPP.table, "TABLE"],
  [OFPP.normal, "NORMAL"],
  [OFPP.flood, "FLOOD"],
  [OFPP.all, "ALL"],
  [OFPP.controller, "CONTROLLER"],
  [OFPP.local, "LOCAL"],
  [OFPP.none, "ANY"],
]);

/** The name of a reserved port, a port's number otherwise. */
export function formatOfport(port: number): string {
  return names.get(port) ?? String(port);
}
