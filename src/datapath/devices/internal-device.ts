import type { NetHost } from "#host/net.js";
import { HostError } from "#util/errors.js";
import type { FrameDeviceClass } from "./frame-device.js";
import { dropHalfPair, hasPair, openPairDevice } from "./pair-device.js";
import { openTapDevice } from "./tap-device.js";

/** What opening /dev/net/tun says where a host, or a container, offers no TAP devices. */
const noTap: ReadonlySet<string> = new Set(["EACCES", "EPERM", "ENOENT", "ENODEV", "ENXIO"]);
/** What making a veth pair says where the kernel has none. */
const noPairs: ReadonlySet<string> = new Set(["EOPNOTSUPP"]);

function isOneOf(error: unknown, codes: ReadonlySet<string>): boolean {
  return error instanceof HostError && codes.has(error.code);
}

/**
 * `type=internal`: a device of the port's name that the host uses as its own, a TAP or a veth pair (`prefer`), or the other one where the host has no such thing. What is there already of either kind, with its addresses and routes, is taken up as it is.
 * The kernel engine's are pairs: what comes out of a TAP cannot be told from what the host sends into it.
 */
export function internalDevices(
  net: NetHost,
  prefer: "tap" | "pair",
  warn: (text: string) => void = () => undefined,
): FrameDeviceClass {
  const type = "internal";
  return {
    type,
    hasDatapathPort: true,
    open(name, options) {
      if (hasPair(net, name)) return openPairDevice(net, type, name, options);
      dropHalfPair(net, name);
      if (prefer === "pair") {
        if (net.link(name) === undefined) {
          try {
            return openPairDevice(net, type, name, options);
          } catch (error) {
            if (!isOneOf(error, noPairs)) throw error;
            warn(`${name}: there are no veth pairs here: a TAP device it is, whose packets threads forward`);
          }
        } else if (net.link(name)?.kind === "tun") {
          warn(`${name}: the TAP device that is there already is taken, whose packets threads forward`);
        }
      }
      try {
        return openTapDevice(net, type, name, options, warn);
      } catch (error) {
        if (!isOneOf(error, noTap)) throw error;
        return openPairDevice(net, type, name, options);
      }
    },
  };
}
