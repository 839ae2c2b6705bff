import type { PortSettings } from "#ofproto/settings.js";
import { equalSettings } from "./equal-settings.js";
import type { Wanted, WantedBridge, WantedInterface, WantedPort } from "./wanted.js";

/** An interface as it was last applied; `failed` ones are tried again only after something has changed. */
interface RunningInterface {
  readonly wanted: WantedInterface;
  readonly failed: boolean;
  /** The OpenFlow port number it has; undefined where it failed. */
  readonly ofport: number | undefined;
}

interface RunningBridge {
  readonly settings: Omit<WantedBridge, "ports" | "uuid" | "controllerRows">;
  readonly interfaces: ReadonlyMap<string, RunningInterface>;
  readonly ports: ReadonlyMap<string, PortSettings>;
}

export type Running = ReadonlyMap<string, RunningBridge>;

/** One step from what runs to what is wanted. */
export type Change =
  | { readonly kind: "remove-bridge"; readonly bridge: string }
  | { readonly kind: "add-bridge"; readonly bridge: WantedBridge }
  | { readonly kind: "configure-bridge"; readonly bridge: WantedBridge }
  | { readonly kind: "remove-port"; readonly bridge: string; readonly port: string }
  | { readonly kind: "remove-interface"; readonly bridge: string; readonly name: string }
  | { readonly kind: "add-interface"; readonly bridge: string; readonly wanted: WantedInterface }
  | {
      readonly kind: "configure-interface";
      readonly bridge: string;
      readonly wanted: WantedInterface;
      readonly running: WantedInterface;
    }
  | { readonly kind: "configure-port"; readonly bridge: string; readonly port: WantedPort };

function bridgeSettings(bridge: WantedBridge): Omit<WantedBridge, "ports" | "uuid" | "controllerRows"> {
  const { ports: _ports, uuid: _uuid, controllerRows: _rows, ...settings } = bridge;
  return settings;
}

/** A change of these cannot be made on a device that is open: it is removed and added. */
function isOther(running: WantedInterface, wanted: WantedInterface): boolean {
  return running.type !== wanted.type || running.isLocal !== wanted.isLocal;
}

/**
 * Names of the interfaces that must be removed and added, since they are of another kind now or for the sake of port numbers: one that asks for another
 * number than it has, unless the holder of that number asks for it too; and the holder, which gets a new one.
 */
function reopened(was: RunningBridge, now: WantedBridge): ReadonlySet<string> {
  const wanted = new Map(now.ports.flatMap((p) => p.interfaces.map((i) => [i.name, i] as const)));
  const holders = new Map(
    [...was.interfaces].flatMap(([name, i]) => (i.ofport === undefined ? [] : [[i.ofport, name]])),
  );
  const names = new Set<string>();
  for (const [name, iface] of was.interfaces) {
    const next = wanted.get(name);
    if (!next) continue;
    if (isOther(iface.wanted, next)) names.add(name);
    const request = next.ofportRequest;
    if (iface.failed || next.isLocal || request === undefined || request === iface.ofport) continue;
    const holder = holders.get(request);
    if (holder !== undefined && wanted.get(holder)?.ofportRequest === request) continue;
    names.add(name);
    if (holder !== undefined) names.add(holder);
  }
  return names;
}

/** Interfaces that ask for a number are added before those that had one, and these before all others, so that each gets its own. */
function byClaim(a: WantedInterface, b: WantedInterface): number {
  const claim = (i: WantedInterface): number =>
    i.isLocal ? -1 : i.ofportRequest !== undefined ? 0 : i.previousOfport !== undefined ? 1 : 2;
  return claim(a) - claim(b);
}

/** What of an interface is set on an open device; identity and history do not count. */
function liveSettings(i: WantedInterface): Pick<WantedInterface, "options" | "otherConfig" | "mac" | "mtuRequest"> {
  return { options: i.options, otherConfig: i.otherConfig, mac: i.mac, mtuRequest: i.mtuRequest };
}

/**
 * The changes that lead from `running` to `wanted`, in an order in which they can be applied: what goes first, since a
 * name or a number it holds may be wanted elsewhere; then bridges, their interfaces, and the ports over them. Pure, and empty when
 * nothing differs.
 */
export function plan(running: Running, wanted: Wanted): readonly Change[] {
  const removals: Change[] = [];
  const additions: Change[] = [];
  const byName = new Map(wanted.bridges.map((b) => [b.name, b]));

  for (const [name, was] of running) {
    const now = byName.get(name);
    if (!now || now.settings.datapathType !== was.settings.settings.datapathType) {
      removals.push({ kind: "remove-bridge", bridge: name });
      continue;
    }
    const ports = new Set(now.ports.map((p) => p.settings.name));
    const interfaces = new Set(now.ports.flatMap((p) => p.interfaces.map((i) => i.name)));
    for (const port of was.ports.keys()) {
      if (!ports.has(port)) removals.push({ kind: "remove-port", bridge: name, port });
    }
    const again = reopened(was, now);
    for (const ifaceName of was.interfaces.keys()) {
      if (!interfaces.has(ifaceName) || again.has(ifaceName)) {
        removals.push({ kind: "remove-interface", bridge: name, name: ifaceName });
      }
    }
  }

  for (const bridge of wanted.bridges) {
    const before = running.get(bridge.name);
    const was = before?.settings.settings.datapathType === bridge.settings.datapathType ? before : undefined;
    if (!was) additions.push({ kind: "add-bridge", bridge });
    else if (!equalSettings(was.settings, bridgeSettings(bridge))) additions.push({ kind: "configure-bridge", bridge });
    const again = was ? reopened(was, bridge) : new Set<string>();
    const added = new Set<string>();
    for (const iface of bridge.ports.flatMap((p) => p.interfaces).sort(byClaim)) {
      const now = was?.interfaces.get(iface.name);
      const differs = now !== undefined && !equalSettings(liveSettings(now.wanted), liveSettings(iface));
      if (!now || again.has(iface.name) || (now.failed && differs)) {
        additions.push({ kind: "add-interface", bridge: bridge.name, wanted: iface });
        added.add(iface.name);
      } else if (differs) {
        additions.push({ kind: "configure-interface", bridge: bridge.name, wanted: iface, running: now.wanted });
      }
    }
    for (const port of bridge.ports) {
      const settings = was?.ports.get(port.settings.name);
      const membersChanged = port.interfaces.some((i) => added.has(i.name));
      if (membersChanged || !settings || !equalSettings(settings, port.settings)) {
        additions.push({ kind: "configure-port", bridge: bridge.name, port });
      }
    }
  }
  return [...removals, ...additions];
}
