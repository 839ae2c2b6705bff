/** Meter numbers: 1 to `max`, and those that mean something else than a meter of a flow. */
export const OFPM = {
  max: 0xffff0000,
  /** Meters packets that go the slow way. */
  slowpath: 0xfffffffd,
  /** Meters packets to controllers. */
  controller: 0xfffffffe,
  /** Every meter, where something is deleted or asked. */
  all: 0xffffffff,
} as const;

const names: ReadonlyMap<string, number> = new Map([
  ["slowpath", OFPM.slowpath],
  ["controller", OFPM.controller],
  ["all", OFPM.all],
]);

/** A number, a virtual meter's name, or `unknown`. */
export function formatMeterNumber(id: number): string {
  if (id <= OFPM.max) return String(id);
  for (const [name, number] of names) if (number === id) return name;
  return "unknown";
}

/** The number of `all`, `controller` or `slowpath`. */
export function virtualMeter(name: string): number | undefined {
  return names.get(name);
}
