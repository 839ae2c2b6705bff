import type { Files } from "#host/files.js";
import type { Action } from "#openflow/actions/action.js";
import { normal } from "#openflow/actions/output.js";
import { OFPP } from "#openflow/port-number.js";
import type { Logger } from "#runtime/logger.js";
import { formatIpv4, parseIpv4 } from "#util/ip.js";
import { formatMac } from "#util/mac.js";
import type { Bridge } from "../bridge.js";
import { type HiddenRule, HiddenRules } from "./hidden-rules.js";
import { findNeighbour, findRoute } from "./next-hop.js";

/** Priorities of in-band rules, from what the bridge itself needs to what a remote does. */
const Priority = {
  fromLocalDhcp: 180000,
  toLocalArp: 180001,
  fromLocalArp: 180002,
  toNextHopArp: 180003,
  fromNextHopArp: 180004,
  toRemoteArp: 180005,
  fromRemoteArp: 180006,
  toRemoteTcp: 180007,
  fromRemoteTcp: 180008,
} as const;

/** A peer that must be reached through the bridge. */
interface Remote {
  readonly address: number;
  readonly port: number;
}

/** The remote of a target such as `tcp:10.0.0.1:6653`; undefined where it is none that IPv4 packets go to. */
export function remoteOfTarget(target: string, defaultPort: number): Remote | undefined {
  const [, host = "", port] = /^(?:tcp|ssl):([\d.]+)(?::(\d+))?$/.exec(target) ?? [];
  const address = parseIpv4(host);
  return address === undefined ? undefined : { address, port: port === undefined ? defaultPort : Number(port) };
}

/**
 * In-band control: controllers that are reached through the bridge they control. Rules above all others forward, as a learning switch would, the bridge's own
 * DHCP and ARP, ARP for the remotes and for the next hops on the way to them, and the TCP connections themselves.
 */
export class InBand {
  readonly #bridge: Bridge;
  readonly #files: Files | undefined;
  readonly #log: Logger;
  readonly #rules: HiddenRules;
  #remotes: readonly Remote[] = [];
  #queue: number | undefined;

  constructor(bridge: Bridge, files: Files | undefined, log: Logger) {
    this.#bridge = bridge;
    this.#files = files;
    this.#log = log.limited(60, 60);
    this.#rules = new HiddenRules(bridge);
  }

  /** True while there is something to look after: `refresh` is due every second. */
  get isActive(): boolean {
    return this.#remotes.length > 0;
  }

  configure(remotes: readonly Remote[], queue: number | undefined): void {
    this.#remotes = remotes;
    this.#queue = queue;
    this.refresh();
  }

  /** Puts the rules right: the local port's address, or the way to a remote, may be others now. */
  refresh(): void {
    this.#rules.set(this.isActive ? this.#wanted() : []);
  }

  #wanted(): HiddenRule[] {
    const actions: Action[] = [
      ...(this.#queue === undefined ? [] : [{ kind: "set_queue", queueId: this.#queue } as const]),
      normal,
    ];
    const rule = (priority: number, match: string): HiddenRule => ({ priority, match, actions });
    const mac = this.#localMac();
    const rules: HiddenRule[] = [];
    if (mac !== undefined) {
      rules.push(
        rule(Priority.fromLocalDhcp, `udp,in_port=LOCAL,dl_src=${mac},tp_src=68,tp_dst=67`),
        rule(Priority.toLocalArp, `arp,dl_dst=${mac},arp_op=2`),
        rule(Priority.fromLocalArp, `arp,dl_src=${mac},arp_op=1`),
      );
    }
    for (const hop of new Set(this.#remotes.flatMap((remote) => this.#nextHop(remote) ?? []))) {
      rules.push(
        rule(Priority.toNextHopArp, `arp,dl_dst=${hop},arp_op=2`),
        rule(Priority.fromNextHopArp, `arp,dl_src=${hop},arp_op=1`),
      );
    }
    for (const { address, port } of this.#remotes) {
      const ip = formatIpv4(address);
      rules.push(
        rule(Priority.toRemoteArp, `arp,arp_tpa=${ip},arp_op=2`),
        rule(Priority.fromRemoteArp, `arp,arp_spa=${ip},arp_op=1`),
        rule(Priority.toRemoteTcp, `tcp,nw_dst=${ip},tp_dst=${port}`),
        rule(Priority.fromRemoteTcp, `tcp,nw_src=${ip},tp_src=${port}`),
      );
    }
    return rules;
  }

  #localMac(): string | undefined {
    const local = this.#bridge.state.ports.get(OFPP.local);
    return local && formatMac(local.device.info().mac);
  }

  /** The Ethernet address of the next hop to a remote, where it is known. */
  #nextHop({ address }: Remote): string | undefined {
    const local = this.#bridge.state.ports.get(OFPP.local);
    if (!local || !this.#files) return undefined;
    const noRoute = (why: string): undefined => {
      this.#log.warn(`${this.#bridge.name}: cannot find route for controller (${formatIpv4(address)}): ${why}`);
    };
    // What is no device of the kernel's has no routes.
    if (local.device.type.startsWith("dummy")) return noRoute("Operation not supported");
    const route = findRoute(this.#files.readTextIfExists("/proc/net/route") ?? "", address);
    if (!route) return noRoute("No such device or address");
    return findNeighbour(this.#files.readTextIfExists("/proc/net/arp") ?? "", route);
  }
}
