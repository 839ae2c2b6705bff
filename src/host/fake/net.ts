import { errnoNumber, errnoText } from "#util/errno.js";
import { HostError } from "#util/errors.js";
import { copyOffload, type Offload, plainOffload } from "#wire/virtio-net.js";
import type {
  AddressInfo,
  CaptureSource,
  FakeHandle,
  LinkEvent,
  LinkInfo,
  LinkSettings,
  LinkStats,
  MovedDevice,
  NetHost,
  RouteInfo,
  TapSource,
} from "../net.js";
import { noStats } from "../net.js";

const IFF_UP = 0x1;
const IFF_RUNNING = 0x40;
const NAME_MAX = 15;

/** A frame on a fake device. */
export interface FakeFrame {
  readonly data: Uint8Array;
  readonly offload: Offload;
}

type MutableStats = { -readonly [name in keyof LinkStats]: LinkStats[name] };
type MutableLink = { -readonly [name in keyof Omit<LinkInfo, "stats">]: LinkInfo[name] } & { stats: MutableStats };

/** A link with what the fake keeps beside it. */
interface FakeLink {
  readonly info: MutableLink;
  /** The other end of a veth, where it is on this host. */
  peer: FakeLink | undefined;
  /** Whether the medium gives a carrier when the link is up. */
  plugged: boolean;
  /** Frames that wait for the switch, and frames the switch has sent. */
  readonly inbound: FakeFrame[];
  readonly outbound: FakeFrame[];
  tapOpen: boolean;
  persist: boolean;
}

function refuse(tried: string, code: string): HostError {
  return new HostError(tried, code, errnoNumber(code), errnoText(code));
}

function copyLink({ info }: FakeLink): LinkInfo {
  return { ...info, mac: info.mac.slice(), stats: { ...info.stats } };
}

/**
 * Network devices of memory, for tests: the same rules as the kernel's where a switch can tell. `plug`, `deliver`, `sent` and the like
 * are the outside world.
 */
export class FakeNetHost implements NetHost {
  readonly #links = new Map<string, FakeLink>();
  readonly #handlers = new Set<(event: LinkEvent) => void>();
  #nextIfindex = 2;
  #nextFd = 1000;
  /** Links by the descriptor of their open handle. */
  readonly #open = new Map<number, FakeLink>();
  readonly #addresses: AddressInfo[] = [];
  readonly #routes: RouteInfo[] = [];

  links(): LinkInfo[] {
    return [...this.#links.values()].map(copyLink);
  }

  link(name: string): LinkInfo | undefined {
    const link = this.#links.get(name);
    return link && copyLink(link);
  }

  addresses(): AddressInfo[] {
    return [...this.#addresses];
  }

  routes(): RouteInfo[] {
    return [...this.#routes];
  }

  settings(name: string): LinkSettings {
    const kind = this.#links.get(name)?.info.kind;
    return {
      driver: kind ?? "",
      driverVersion: "",
      firmwareVersion: "",
      speed: kind === undefined ? undefined : 10e9,
      duplex: kind === undefined ? undefined : "full",
      modes: undefined,
    };
  }

  setUp(name: string, up: boolean): void {
    const link = this.#known(name);
    link.info.flags = up ? link.info.flags | IFF_UP : link.info.flags & ~IFF_UP;
    this.#settleCarrier(link);
    this.#tell(link);
    if (link.peer && this.#settleCarrier(link.peer)) this.#tell(link.peer);
  }

  setMtu(name: string, mtu: number): void {
    const link = this.#known(name);
    if (mtu < link.info.minMtu || (link.info.maxMtu > 0 && mtu > link.info.maxMtu)) throw refuse(name, "EINVAL");
    link.info.mtu = mtu;
    this.#tell(link);
  }

  setMac(name: string, mac: Uint8Array): void {
    const link = this.#known(name);
    if (mac.length !== 6 || (mac[0]! & 1) !== 0) throw refuse(name, "EADDRNOTAVAIL");
    link.info.mac = mac.slice();
    this.#tell(link);
  }

  deleteLink(name: string): void {
    const link = this.#known(name);
    this.#remove(link);
    if (link.peer) this.#remove(link.peer);
  }

  watch(handler: (event: LinkEvent) => void): { cancel(): void } {
    // A handler of its own, so that the same function can watch twice.
    const own = (event: LinkEvent): void => handler(event);
    this.#handlers.add(own);
    return { cancel: () => void this.#handlers.delete(own) };
  }

  createVeth(name: string, peer: string, peerNamespace?: number): void {
    this.#checkFree(name);
    if (peerNamespace === undefined) this.#checkFree(peer);
    const link = this.#add(name, "veth");
    if (peerNamespace === undefined) {
      link.peer = this.#add(peer, "veth");
      link.peer.peer = link;
    }
    for (const end of link.peer ? [link, link.peer] : [link]) end.plugged = true;
    for (const made of link.peer ? [link, link.peer] : [link]) this.#tell(made);
  }

  setAside(name: string, alias: string): void {
    this.#known(name).info.alias = alias;
  }

  otherEnd(name: string): MovedDevice | undefined {
    const peer = this.#links.get(name)?.peer;
    return peer && { net: this, name: peer.info.name, close: () => undefined };
  }

  /** One that is there already has one queue. */
  openTap(name: string, options: { persist: boolean; queues?: number }): TapSource {
    const existing = this.#links.get(name);
    if (existing && existing.info.kind !== "tun") throw refuse(`tap device ${name}`, "EINVAL");
    if (existing?.tapOpen) throw refuse(`tap device ${name}`, "EBUSY");
    if (!existing) this.#checkFree(name);
    const link = existing ?? this.#add(name, "tun");
    link.tapOpen = true;
    link.plugged = true;
    link.persist ||= options.persist;
    this.#tell(link);
    const source = { ...this.#source(link), queues: existing ? 1 : (options.queues ?? 1) };
    return {
      frames: source,
      created: existing === undefined,
      follow: () => undefined,
      close: () => {
        if (!this.#open.delete(source.fd)) return;
        link.tapOpen = false;
        if (!link.persist) this.#remove(link);
      },
      remove: () => {
        if (!this.#open.delete(source.fd)) return;
        this.#remove(link);
      },
    };
  }

  capture(name: string): CaptureSource {
    const source = this.#source(this.#known(name));
    return { frames: source, hidden: { by: "tcx" }, close: () => void this.#open.delete(source.fd) };
  }

  /** A fake host has no AF_XDP. */
  openXdp(name: string): never {
    this.#known(name);
    throw refuse("AF_XDP socket", "EAFNOSUPPORT");
  }

  #source(link: FakeLink): FakeHandle {
    const fd = this.#nextFd++;
    this.#open.set(fd, link);
    const { name, ifindex, mtu } = link.info;
    return { kind: "fake", name, ifindex, fd, mtu, queues: 1 };
  }

  /** A physical device appears, with its cable in. */
  plug(name: string, mac: Uint8Array): void {
    this.#checkFree(name);
    const link = this.#add(name, "");
    link.info.mac = mac.slice();
    link.plugged = true;
    this.#tell(link);
  }

  /** A device's cable is put in or pulled. */
  setCarrier(name: string, carrier: boolean): void {
    const link = this.#known(name);
    link.plugged = carrier;
    if (this.#settleCarrier(link)) this.#tell(link);
  }

  addAddress(address: AddressInfo): void {
    this.#addresses.push(address);
  }

  addRoute(route: RouteInfo): void {
    this.#routes.push(route);
  }

  /** A frame comes in at a link: from the wire, or from the host's stack at a TAP. Lost where nobody has the link open. */
  deliver(name: string, data: Uint8Array, offload: Readonly<Offload> = plainOffload()): void {
    const link = this.#known(name);
    const own = plainOffload();
    copyOffload(own, offload);
    // A TAP's counters are the kernel's: what the switch reads, the kernel has transmitted.
    const sense = link.info.kind === "tun" ? "tx" : "rx";
    link.info.stats[`${sense}Packets`]++;
    link.info.stats[`${sense}Bytes`] += data.length;
    if ([...this.#open.values()].includes(link)) link.inbound.push({ data: data.slice(), offload: own });
  }

  /** What the switch has sent on a link since the last call. */
  sent(name: string): FakeFrame[] {
    return this.#known(name).outbound.splice(0);
  }

  /** For `FakeFrameIo`: the next frame for an open descriptor. */
  takeInbound(fd: number): FakeFrame | undefined {
    return this.#open.get(fd)?.inbound.shift();
  }

  /** For `FakeFrameIo`: a frame goes out. The errno name where the device does not take it. */
  putOutbound(fd: number, frame: FakeFrame): string | undefined {
    const link = this.#open.get(fd);
    if (!link || !this.#links.has(link.info.name)) return "ENXIO";
    if ((link.info.flags & IFF_UP) === 0) return link.info.kind === "tun" ? "EIO" : "ENETDOWN";
    const sense = link.info.kind === "tun" ? "rx" : "tx";
    link.info.stats[`${sense}Packets`]++;
    link.info.stats[`${sense}Bytes`] += frame.data.length;
    link.outbound.push(frame);
    if (link.peer && (link.peer.info.flags & IFF_UP) !== 0)
      this.deliver(link.peer.info.name, frame.data, frame.offload);
    return undefined;
  }

  #known(name: string): FakeLink {
    const link = this.#links.get(name);
    if (!link) throw refuse(name, "ENODEV");
    return link;
  }

  #checkFree(name: string): void {
    if (name === "" || Buffer.byteLength(name) > NAME_MAX) throw refuse(name, "EINVAL");
    if (this.#links.has(name)) throw refuse(name, "EEXIST");
  }

  #add(name: string, kind: string): FakeLink {
    const ifindex = this.#nextIfindex++;
    const link: FakeLink = {
      info: {
        ifindex,
        name,
        kind,
        mac: Uint8Array.of(0x02, 0xfa, 0xce, 0, ifindex >> 8, ifindex & 0xff),
        mtu: 1500,
        minMtu: 68,
        maxMtu: kind === "tun" ? 65_521 : 65_535,
        flags: 0,
        carrier: false,
        carrierChanges: 1,
        master: 0,
        alias: "",
        stats: { ...noStats },
      },
      peer: undefined,
      plugged: false,
      inbound: [],
      outbound: [],
      tapOpen: false,
      persist: false,
    };
    this.#links.set(name, link);
    return link;
  }

  #remove(link: FakeLink): void {
    if (!this.#links.delete(link.info.name)) return;
    this.#announce({ kind: "gone", ifindex: link.info.ifindex, name: link.info.name });
  }

  /** Recomputes a link's carrier; true where it changed. */
  #settleCarrier(link: FakeLink): boolean {
    const up = (link.info.flags & IFF_UP) !== 0;
    const carrier = up && link.plugged && (link.peer === undefined || (link.peer.info.flags & IFF_UP) !== 0);
    if (carrier === link.info.carrier) return false;
    link.info.carrier = carrier;
    link.info.carrierChanges++;
    link.info.flags = carrier ? link.info.flags | IFF_RUNNING : link.info.flags & ~IFF_RUNNING;
    return true;
  }

  #tell(link: FakeLink): void {
    this.#announce({ kind: "link", link: copyLink(link) });
  }

  #announce(event: LinkEvent): void {
    for (const handler of this.#handlers)
      queueMicrotask(() => {
        if (this.#handlers.has(handler)) handler(event);
      });
  }
}
