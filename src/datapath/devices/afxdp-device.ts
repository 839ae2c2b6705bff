import type { CaptureSource, NetHost, XdpSource } from "#host/net.js";
import { errnoNumber, errnoText } from "#util/errno.js";
import { HostError, UserError } from "#util/errors.js";
import { type AfxdpOptions, modesOf, readAfxdpOptions } from "./afxdp-options.js";
import type { FrameDeviceClass } from "./frame-device.js";
import { NetDevice } from "./net-device.js";

export type AfxdpLog = (level: "info" | "warn" | "err", text: string) => void;

/** Interface:type. Both are the same here: no thread polls where nothing comes, so there is no need of a kind that has none. */
type AfxdpType = "afxdp" | "afxdp-nonpmd";

/** A link whose frames come and go by AF_XDP, or the ordinary way where nothing of it works here. */
class AfxdpDevice extends NetDevice {
  readonly #wanted: AfxdpOptions;
  readonly #source: XdpSource | CaptureSource;

  constructor(
    net: NetHost,
    type: AfxdpType,
    name: string,
    options: ReadonlyMap<string, string>,
    wanted: AfxdpOptions,
    source: XdpSource | CaptureSource,
  ) {
    super(net, name, { type, stats: (stats) => stats, follow: () => undefined }, source, options);
    this.#wanted = wanted;
    this.#source = source;
  }

  get #modeInUse(): string {
    return "mode" in this.#source ? this.#source.mode : "none";
  }

  /** As they are in force, with the mode that was found. */
  override options(): ReadonlyMap<string, string> {
    const { queues, mode, needWakeup } = this.#wanted;
    return new Map([
      ["n_rxq", String(queues)],
      ["use-need-wakeup", String(needWakeup)],
      ["xdp-mode", mode],
      ["xdp-mode-in-use", this.#modeInUse],
    ]);
  }

  override setMtu(mtu: number): void {
    if ("mode" in this.#source && mtu > this.#source.maxMtu)
      throw new HostError(this.name, "EINVAL", errnoNumber("EINVAL"), errnoText("EINVAL"));
    super.setMtu(mtu);
  }

  /** Sockets keep the way in which they were made. */
  mustReopen(options: ReadonlyMap<string, string>): boolean {
    const wanted = readAfxdpOptions(options);
    return (
      typeof wanted === "string" || Object.entries(wanted).some(([key, value]) => this.#wanted[key as "mode"] !== value)
    );
  }

  ownStats(): ReadonlyMap<string, number> {
    if (!("mode" in this.#source)) return new Map();
    return new Map(
      this.#source
        .statistics()
        .flatMap(({ rxDropped, rxInvalidDescriptors, txInvalidDescriptors }, queue) => [
          [`xsk_queue_${queue}_rx_dropped`, rxDropped] as const,
          [`xsk_queue_${queue}_rx_invalid_descs`, rxInvalidDescriptors] as const,
          [`xsk_queue_${queue}_tx_invalid_descs`, txInvalidDescriptors] as const,
        ]),
    );
  }
}

/** Opens the link in the first mode that works; undefined, with the reasons in the log, where none does and any would do. */
function openSource(net: NetHost, name: string, wanted: AfxdpOptions, log: AfxdpLog): XdpSource | undefined {
  const { queues, needWakeup, mode } = wanted;
  log("info", `${name}: Setting XDP mode to ${mode}.`);
  try {
    const source = net.openXdp(name, { queues, needWakeup, modes: modesOf(wanted) });
    if (mode === "best-effort") {
      for (const { mode: failed, reason } of source.refused) log("info", `${name}: no ${failed} XDP mode: ${reason}.`);
      log("info", `${name}: ${source.mode} XDP mode will be in use.`);
    }
    return source;
  } catch (error) {
    if (!(error instanceof HostError) || error.code === "ENODEV") throw error;
    if (mode === "best-effort") {
      log(
        "warn",
        `${name}: AF_XDP does not work here (${error.message}). Its frames are captured as those of a system device.`,
      );
      return undefined;
    }
    log("err", `${name}: Failed to create AF_XDP socket in ${mode} mode: ${error.message}.`);
    throw new UserError(`could not add network device ${name} to ofproto (Invalid argument)`);
  }
}

/** In generic mode, what the link's other side leaves for a device to do is lost: the frame comes as it is. */
function warnOfOffloads(name: string, log: AfxdpLog): void {
  const off = "tso off gso off txvlan off";
  log(
    "warn",
    `${name}: generic XDP mode loses VLAN tags and segments that are left to the device. Where the other side is a virtual device, turn that off there: ethtool -K ... ${off}`,
  );
}

/**
 * `type=afxdp` and `type=afxdp-nonpmd`: a network device that is there already, by AF_XDP sockets. Interface:options are `n_rxq`, `xdp-mode` and `use-need-wakeup`
 * (ovs-vswitchd.conf.db(5)). Where the mode is `best-effort` and the kernel refuses all of them, it works as a system device and says so.
 */
export function afxdpDevices(net: NetHost, type: AfxdpType, log: AfxdpLog): FrameDeviceClass {
  return {
    type,
    hasDatapathPort: true,
    open(name, options) {
      const wanted = readAfxdpOptions(options);
      if (typeof wanted === "string") {
        log("err", `${name}: ${wanted}`);
        throw new UserError(`${name}: could not set configuration (Invalid argument)`);
      }
      const source = openSource(net, name, wanted, log);
      if (source?.mode === "generic") warnOfOffloads(name, log);
      return new AfxdpDevice(net, type, name, options, wanted, source ?? net.capture(name));
    },
  };
}
