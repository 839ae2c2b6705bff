import { mapType } from "#bpf/map-spec.js";
import { attachType, programType } from "#bpf/program-spec.js";
import { vlanTagFunction, xdpProgram } from "#bpf/xdp-program.js";
import type { CaptureHandle, CaptureSource, XdpMode, XdpOptions, XdpSource } from "../net.js";
import { kernelBtf } from "./bpf/kernel-btf.js";
import { attachXdp, xdpPlace } from "./bpf/link.js";
import { BpfMap } from "./bpf/map.js";
import { loadProgram } from "./bpf/program.js";
import { refuseWithout } from "./bpf/without.js";
import { linkSettings, receiveQueues } from "./ethtool.js";
import * as sys from "./syscalls.js";
import { XDP_LONGEST } from "./xdp-layout.js";
import { XdpSocket } from "./xdp-socket.js";

/** Drivers whose frames come from the same host, with checksums that nobody has finished. */
const VIRTUAL: ReadonlySet<string> = new Set(["veth", "tun"]);

const EMSGSIZE = 90;
const LINK_HEADER = 18;

/** What one mode has brought about. */
interface Opened {
  readonly sockets: readonly XdpSocket[];
  /** Descriptors that go with the port. */
  readonly fds: readonly number[];
}

/** Loads and attaches the program; descriptors of both. Where the device can be asked for the VLAN tags it has taken out of frames, it is. */
function attachProgram(map: number, ifindex: number, mode: XdpMode): number[] {
  const load = (asksForTag: boolean): number =>
    loadProgram({
      type: programType.xdp,
      attach: attachType.xdp,
      ...(asksForTag ? { device: ifindex } : {}),
      items: () => xdpProgram(asksForTag),
      symbols: { maps: { sockets: map }, kernelFunctions: asksForTag ? tagFunction() : {} },
      name: "weft_xdp",
    });
  const place = mode === "generic" ? xdpPlace.stack : xdpPlace.driver;
  const attach = (asksForTag: boolean): number[] => {
    const program = load(asksForTag);
    try {
      return [program, attachXdp(program, ifindex, place)];
    } catch (error) {
      sys.close(program);
      throw error;
    }
  };
  if (mode === "generic") return attach(false);
  try {
    return attach(true);
  } catch {
    return attach(false);
  }
}

function tagFunction(): Record<string, number> {
  const id = kernelBtf().functionId(vlanTagFunction);
  return id === undefined ? {} : { [vlanTagFunction]: id };
}

/** A number as a key or value of 4 bytes. */
function bytesOf(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

function openIn(ifindex: number, mode: XdpMode, options: XdpOptions): Opened {
  const sockets: XdpSocket[] = [];
  const fds: number[] = [];
  try {
    refuseWithout("af_xdp", ...(mode === "generic" ? [] : (["xdp"] as const)));
    const map = BpfMap.create({
      type: mapType.xskmap,
      keySize: 4,
      valueSize: 4,
      entries: options.queues,
      name: "weft_xsks",
    });
    fds.push(map.fd);
    // Some drivers set up queues for sockets only while there is a program.
    fds.push(...attachProgram(map.fd, ifindex, mode));
    for (let queue = 0; queue < options.queues; queue++) {
      const socket = new XdpSocket(ifindex, queue, mode, options.needWakeup);
      sockets.push(socket);
      map.update(bytesOf(queue), bytesOf(socket.handle.fd));
    }
    return { sockets, fds };
  } catch (error) {
    release({ sockets, fds });
    throw error;
  }
}

/** The link goes first, so that no frame finds a socket missing. */
function release({ sockets, fds }: Opened): void {
  for (const fd of fds.toReversed()) sys.close(fd);
  for (const socket of sockets) socket.close();
}

/**
 * Takes a link's frames by AF_XDP, in the first of the modes that works; `capture` is the same link by packet socket, and is closed with it.
 * The calling thread is in the link's namespace. Throws what the kernel said of the last mode.
 */
export function openXdp(
  name: string,
  options: XdpOptions,
  capture: CaptureSource & { readonly frames: CaptureHandle },
): XdpSource {
  const { ifindex, mtu } = capture.frames;
  if (mtu > XDP_LONGEST - LINK_HEADER) {
    capture.close();
    throw sys.hostError(`AF_XDP with an MTU of ${mtu}`, EMSGSIZE);
  }
  const refused: { mode: XdpMode; reason: string }[] = [];
  let failure: unknown;
  for (const mode of options.modes) {
    try {
      const opened = openIn(ifindex, mode, options);
      return {
        frames: {
          kind: "xdp",
          name,
          ifindex,
          mtu,
          queues: options.queues,
          sockets: opened.sockets.map((socket) => socket.handle),
          mode,
          needWakeup: options.needWakeup,
          hasPartialChecksums: VIRTUAL.has(linkSettings(name).driver),
          capture: capture.frames,
          hasMoreQueues: receiveQueues(name) > options.queues,
        },
        mode,
        maxMtu: XDP_LONGEST - LINK_HEADER,
        refused,
        statistics: () => opened.sockets.map((socket) => socket.statistics()),
        close: () => {
          release(opened);
          capture.close();
        },
      };
    } catch (error) {
      failure = error;
      refused.push({ mode, reason: (error as Error).message });
    }
  }
  capture.close();
  throw failure;
}
