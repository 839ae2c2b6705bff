import { FAN_OUT_SETS, fanOutProgram } from "#bpf/forward/fan-out-program.js";
import { attachType, programType } from "#bpf/program-spec.js";
import { FAN_OUT_ALIAS, type FanOut } from "../fan-out.js";
import type { TapSource } from "../net.js";
import { attachXdp, xdpPlace } from "./bpf/link.js";
import { pin } from "./bpf/pin.js";
import { loadProgram } from "./bpf/program.js";
import { FanOutMaps } from "./fan-out-maps.js";
import { FAN_OUT_PIN } from "./fan-out-pin.js";
import type { LinuxNetHost } from "./net-host.js";
import * as sys from "./syscalls.js";
import { stayAfterwards } from "./tap.js";

const IFF_UP = 1;
/** The device's name, or how it begins where several daemons share a network namespace. No internal port's other end can have it. */
const NAME = "weft_fan";
const NAMES = 64;

/** The device in this kernel: a TAP that nobody reads, with a program of XDP in the stack. */
export class LinuxFanOut implements FanOut {
  readonly ifindex: number;
  onLost: (() => void) | undefined;
  readonly #net: LinuxNetHost;
  readonly #tap: TapSource;
  readonly #sets: FanOutMaps = new FanOutMaps();
  readonly #link: number;
  readonly #watch: { cancel(): void };
  #isLost = false;

  /** Makes it among the devices of `net`; with the directory of pinned maps it outlives the process. Throws `HostError`. */
  constructor(net: LinuxNetHost, directory: string | undefined) {
    this.#net = net;
    let tap: ReturnType<typeof openFree> | undefined;
    let link = -1;
    try {
      tap = openFree(net);
      const { name, ifindex } = tap.frames;
      net.setAside(name, FAN_OUT_ALIAS);
      net.setUp(name, true);
      link = net.within(() => attach(this.#sets.fd, ifindex));
      if (directory !== undefined) {
        pin(link, `${directory}/${FAN_OUT_PIN}`);
        // Last: what is not pinned goes with the process.
        stayAfterwards(tap.frames.fds[0]!);
      }
      this.ifindex = ifindex;
      this.#tap = tap;
      this.#link = link;
      this.#watch = net.watch((event) => {
        if (event.kind === "gone" ? event.ifindex === ifindex : event.link.ifindex === ifindex) this.#look();
      });
    } catch (error) {
      if (link >= 0) sys.close(link);
      tap?.remove();
      this.#sets.close();
      throw error;
    }
  }

  put(set: number, ifindexes: readonly number[]): void {
    this.#net.within(() => this.#sets.put(set, ifindexes));
  }

  /** With `stays` the device goes on, with its program, without this process. */
  close(stays: boolean): void {
    this.#watch.cancel();
    if (!this.#isLost) {
      if (stays) this.#tap.close();
      else this.#tap.remove();
    }
    sys.close(this.#link);
    this.#sets.close();
  }

  /** Somebody has changed the device. */
  #look(): void {
    const link = this.#net.links().find(({ ifindex }) => ifindex === this.ifindex);
    if (link === undefined) {
      this.#isLost = true;
      this.#watch.cancel();
      // In another network namespace it is of no use to anybody.
      this.#tap.remove();
      this.onLost?.();
    } else if ((link.flags & IFF_UP) === 0) this.#bringUp(link.name);
  }

  #bringUp(name: string): void {
    try {
      this.#net.setUp(name, true);
    } catch {
      // It has gone meanwhile, or has another name: the kernel tells of that, too.
    }
  }
}

function openFree(net: LinuxNetHost): ReturnType<LinuxNetHost["openTap"]> {
  const names = Array.from({ length: NAMES }, (_, i) => (i === 0 ? NAME : `${NAME}${i + 1}`));
  const free = names.find((name) => net.link(name) === undefined);
  return net.openTap(free ?? NAME, { persist: false });
}

function attach(sets: number, ifindex: number): number {
  const program = loadProgram({
    type: programType.xdp,
    attach: attachType.xdp,
    items: fanOutProgram,
    symbols: { maps: { [FAN_OUT_SETS]: sets } },
    name: "weft_fan_out",
  });
  try {
    return attachXdp(program, ifindex, xdpPlace.stack);
  } finally {
    sys.close(program);
  }
}
