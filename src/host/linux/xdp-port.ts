import { xdpProgram } from "#bpf/xdp-program.js";
import type { CaptureHandle, CaptureSource, XdpMode, XdpOptions, XdpSource } from "../net.js";
import { attachXdp, createMap, loadProgram, mapType, programType, setElement, xdpPlace } from "./bpf.js";
import { linkSettings, receiveQueues } from "./ethtool.js";
import * as sys from "./syscalls.js";
import { XdpSocket } from "./xdp-socket.js";

/** Drivers whose frames come from the same host, with checksums that nobody has finished. */
const VIRTUAL: ReadonlySet<string> = new Set(["veth", "tun"]);

/** What one mode has brought about. */
interface Opened {
  readonly sockets: readonly XdpSocket[];
  /** Descriptors that go with the port. */
  readonly fds: readonly number[];
}

function openIn(ifindex: number, mode: XdpMode, options: XdpOptions): Opened {
  const sockets: XdpSocket[] = [];
  const fds: number[] = [];
  try {
    const map = createMap({
      type: mapType.xskmap,
      keySize: 4,
      valueSize: 4,
      entries: options.queues,
      name: "weft_xsks",
    });
    fds.push(map);
    const program = loadProgram({
      type: programType.xdp,
      items: xdpProgram(),
      symbols: { maps: { sockets: map } },
      name: "weft_xdp",
    });
    fds.push(program);
    // Some drivers set up queues for sockets only while there is a program.
    fds.push(attachXdp(program, ifindex, mode === "generic" ? xdpPlace.stack : xdpPlace.driver));
    for (let queue = 0; queue < options.queues; queue++) {
      const socket = new XdpSocket(ifindex, queue, mode, options.needWakeup);
      sockets.push(socket);
      setElement(map, queue, socket.handle.fd);
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
