import { type LinkStats, noCardStats } from "#host/net.js";
import { errnoNumber, errnoText } from "#util/errno.js";
import { HostError, UserError } from "#util/errors.js";
import { parseIpv4, parseIpv6 } from "#util/ip.js";
import type { Device, DeviceClass, DeviceInfo } from "../device.js";
import { newTunnelPort, type TunnelKind, type TunnelPort, tunnelKinds } from "../tunnel-kinds.js";

const MAX_PORT = 65535;

/** A port of a datapath through which packets come out of tunnels. It has no frames of its own: `tnl_pop` and `tnl_push` do all there is to do. */
export interface TunnelDevice extends Device {
  readonly tunnel: TunnelPort;
}

/** Tells tunnel ports from devices with frames. */
export function isTunnelDevice(device: Device): device is TunnelDevice {
  return "tunnel" in device;
}

/**
 * Classes of tunnel ports, by type. What is opened is the port that all tunnels of that kind (and UDP port) have in common, and named so: `vxlan_sys_4789`. Without
 * a valid `remote_ip` they refuse, as Open vSwitch does.
 */
export const tunnelDevices: ReadonlyMap<string, DeviceClass> = new Map(
  tunnelKinds.map((kind) => [
    kind.type,
    { type: kind.type, hasDatapathPort: true, open: (name, options): Device => new Tunnel(name, kind, options) },
  ]),
);

class Tunnel implements TunnelDevice {
  readonly name: string;
  readonly type: string;
  readonly tunnel: TunnelPort;
  readonly #options = new Map<string, string>();

  constructor(name: string, kind: TunnelKind, options: ReadonlyMap<string, string>) {
    const remote = options.get("remote_ip") ?? "";
    if (remote !== "flow" && parseIpv4(remote) === undefined && parseIpv6(remote) === undefined) {
      throw refused(`open ${name}`, "EINVAL");
    }
    const port = kind.udpPort === undefined ? undefined : udpPortOf(options.get("dst_port"), kind.udpPort);
    this.name = `${kind.portName}${port ?? ""}`;
    this.type = kind.type;
    this.tunnel = newTunnelPort(kind.protocol);
    if (kind.protocol === "erspan") this.#options.set("erspan_ver", "0");
    if (port !== kind.udpPort) this.#options.set("dst_port", String(port));
    this.#options.set("packet_type", "ptap");
  }

  info(): DeviceInfo {
    return {
      mac: new Uint8Array(6),
      mtu: 0,
      minMtu: 0,
      maxMtu: 0,
      up: true,
      carrier: true,
      carrierResets: 0,
      ifindex: 0,
      speed: undefined,
      duplex: undefined,
      status: new Map(),
    };
  }

  /** The datapath counts nothing on it. */
  stats(): LinkStats {
    const traffic = { rxPackets: 0, txPackets: 0, rxBytes: 0, txBytes: 0 };
    return { ...noCardStats, ...traffic, rxErrors: -1, txErrors: -1, rxDropped: -1, txDropped: -1 };
  }

  setMac(): void {}

  setMtu(): void {
    throw refused(`set MTU of ${this.name}`, "EOPNOTSUPP");
  }

  setUp(): void {}

  /** A port that there is keeps what it was made with. */
  setOptions(): void {}

  options(): ReadonlyMap<string, string> {
    return this.#options;
  }

  onChange(): void {}

  onGone(): void {}

  close(): void {}
}

function udpPortOf(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > MAX_PORT) throw new UserError(`${text}: bad dst_port`);
  return port;
}

function refused(tried: string, code: string): HostError {
  return new HostError(tried, code, errnoNumber(code), errnoText(code));
}
