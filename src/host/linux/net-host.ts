import { existsSync, fstatSync, mkdirSync, rmdirSync } from "node:fs";
import type { NetlinkMessage, NetlinkRequest } from "#wire/netlink.js";
import * as rt from "#wire/rtnetlink.js";
import type {
  AddressInfo,
  CaptureHandle,
  CaptureSource,
  DirectWay,
  FrameInput,
  LinkEvent,
  LinkInfo,
  LinkSettings,
  MovedDevice,
  NetHost,
  RouteInfo,
  TapHandle,
  TapSource,
  XdpOptions,
  XdpSource,
} from "../net.js";
import type { PacketListeners } from "../packet-listeners.js";
import { updateLink } from "./bpf/link.js";
import { linkSettings, takesUnsummed } from "./ethtool.js";
import { findNamespace } from "./find-namespace.js";
import type { Hidden } from "./hidden.js";
import { hideLink } from "./hide.js";
import { hideByLink } from "./hide-by-tcx.js";
import { LinkWatch } from "./link-watch.js";
import { currentNamespace, inNamespace } from "./namespaces.js";
import { NetlinkSocket } from "./netlink-socket.js";
import { ownPacketSocket, packetListeners } from "./packet-listeners.js";
import { openPacketSocket } from "./packet-socket.js";
import type { Pins } from "./pins.js";
import { ringInputFault } from "./ring-probe.js";
import * as sys from "./syscalls.js";
import { openTap, tapName, tapNamespace } from "./tap.js";
import { openXdp } from "./xdp-port.js";

/** A link name's most bytes: IFNAMSIZ without the terminating zero. */
const NAME_MAX = 15;
const ENODEV = 19;
const IFF_PROMISC = 0x100;
/** Kinds of links that give all frames anyway. */
const UNFILTERED: ReadonlySet<string> = new Set(["veth", "tun"]);
const EINVAL = 22;

/** Links as the kernel tells of them in answers of any length. */
function decodeLinks(messages: readonly NetlinkMessage[]): rt.RtLink[] {
  return messages.flatMap((message) => {
    const link = message.type === rt.RTM_NEWLINK ? rt.decodeLink(message.payload) : undefined;
    return link ? [link] : [];
  });
}

/** The devices of one network namespace: by default that of the thread which made this. */
export class LinuxNetHost implements NetHost {
  readonly #netlink: NetlinkSocket;
  readonly #namespace: { readonly fd: number } | undefined;
  readonly #pins: Pins | undefined;
  /** One socket for all who watch. */
  #watch: LinkWatch | undefined;
  readonly #handlers = new Set<(event: LinkEvent) => void>();

  /**
   * `namespace`'s descriptor must stay open as long as this is used. A captured link that is pinned is taken over with the program that it has. Throws
   * `HostError`.
   */
  constructor(namespace?: { readonly fd: number }, pins?: Pins) {
    this.#pins = pins;
    if (pins) {
      pins.onPin = (name, ifindex) => this.#stayPromiscuous(name, ifindex);
      pins.onUnpin = (ifindex) => this.#endPromiscuous(ifindex);
    }
    this.#namespace = namespace;
    this.#netlink = inNamespace(namespace, () => new NetlinkSocket(0));
  }

  links(): LinkInfo[] {
    return decodeLinks(this.#netlink.request(rt.dumpLinks(), "links"));
  }

  link(name: string): LinkInfo | undefined {
    return this.#rtLink(name);
  }

  #rtLink(name: string): rt.RtLink | undefined {
    if (name === "" || Buffer.byteLength(name) > NAME_MAX) return undefined;
    try {
      return decodeLinks(this.#netlink.request(rt.getLink(name), name))[0];
    } catch (error) {
      if ((error as { errno?: number }).errno === ENODEV) return undefined;
      throw error;
    }
  }

  addresses(): AddressInfo[] {
    const messages = this.#netlink.request(rt.dumpAddresses(), "addresses");
    return messages.flatMap((message) => rt.decodeAddress(message.payload) ?? []);
  }

  routes(): RouteInfo[] {
    const messages = this.#netlink.request(rt.dumpRoutes(), "routes");
    return messages.flatMap((message) => rt.decodeRoute(message.payload) ?? []);
  }

  settings(name: string): LinkSettings {
    return inNamespace(this.#namespace, () => linkSettings(name));
  }

  setUp(name: string, up: boolean): void {
    this.#change(name, (ifindex) => rt.setLinkUp(ifindex, up));
  }

  setMtu(name: string, mtu: number): void {
    this.#change(name, (ifindex) => rt.setLinkMtu(ifindex, mtu));
  }

  setMac(name: string, mac: Uint8Array): void {
    this.#change(name, (ifindex) => rt.setLinkMac(ifindex, mac));
  }

  deleteLink(name: string): void {
    this.#change(name, (ifindex) => rt.deleteLink(ifindex));
  }

  /** Gives a link an IPv4 (4 bytes) or IPv6 (16 bytes) address. */
  addAddress(name: string, address: Uint8Array, prefixLength: number): void {
    this.#change(name, (ifindex) => rt.addAddress(ifindex, address, prefixLength));
  }

  directWay(name: string): DirectWay | undefined {
    try {
      const link = this.#rtLink(name);
      if (link?.kind !== "veth" || link.qdisc !== "noqueue") return undefined;
      // Checksums that are left to others are computed on the way to a queue.
      if (!this.within(() => takesUnsummed(name))) return undefined;
      const { other } = link;
      if (other?.namespace === undefined) return {};
      const end = this.#netlink.request(rt.getLinkIn(other.namespace, other.ifindex), name);
      return { guest: decodeLinks(end)[0]!.mac };
    } catch {
      // One of them has gone.
      return undefined;
    }
  }

  /** Runs synchronous code of this thread in the namespace. */
  within<T>(run: () => T): T {
    return inNamespace(this.#namespace, run);
  }

  /** Who listens at links now. */
  packetListeners(): PacketListeners {
    return inNamespace(this.#namespace, packetListeners);
  }

  createVeth(name: string, peer: string, peerNamespace?: number): void {
    for (const part of [name, peer]) this.#checkName(part);
    this.#netlink.request(rt.createVeth(name, peer, peerNamespace), name);
  }

  setAside(name: string, alias: string): void {
    this.#change(name, (ifindex) => rt.setLinkAlias(ifindex, alias));
    try {
      this.#change(name, (ifindex) => rt.setLinkWithoutAddresses(ifindex));
    } catch {
      // A kernel without IPv6.
    }
  }

  otherEnd(name: string): MovedDevice | undefined {
    const other = this.#rtLink(name)?.other;
    if (other === undefined) return undefined;
    const { ifindex, namespace: id } = other;
    const named = (net: NetHost): string | undefined => net.links().find((link) => link.ifindex === ifindex)?.name;
    if (id === undefined) {
      const there = named(this);
      return there === undefined ? undefined : { net: this, name: there, close: () => undefined };
    }
    const namespace = findNamespace(this.#netlink, id);
    if (namespace === undefined) return undefined;
    let net: LinuxNetHost | undefined;
    let isHeld = false;
    const close = (): void => {
      net?.close();
      namespace.close();
    };
    try {
      net = new LinuxNetHost(namespace);
      const there = named(net);
      if (there === undefined) return undefined;
      isHeld = true;
      return { net, name: there, close };
    } finally {
      if (!isHeld) close();
    }
  }

  watch(handler: (event: LinkEvent) => void): { cancel(): void } {
    const own = (event: LinkEvent): void => handler(event);
    this.#handlers.add(own);
    this.#watch ??= inNamespace(
      this.#namespace,
      () =>
        new LinkWatch(
          () => this.links(),
          (name) => this.link(name),
          (event) => {
            for (const each of [...this.#handlers]) if (this.#handlers.has(each)) each(event);
          },
        ),
    );
    return {
      cancel: () => {
        this.#handlers.delete(own);
        if (this.#handlers.size > 0) return;
        this.#watch?.close();
        this.#watch = undefined;
      },
    };
  }

  openTap(
    name: string,
    { persist, queues = 1 }: { persist: boolean; queues?: number },
  ): TapSource & { readonly frames: TapHandle } {
    this.#checkName(name);
    const options = { persist, queues, existed: this.link(name) !== undefined };
    const source = inNamespace(this.#namespace, () => openTap(name, options, () => this.#known(name)));
    return { ...source, follow: () => this.#follow(source.frames.fds[0]!) };
  }

  /** The namespace a TAP's device was moved to, as a host of its own. */
  #follow(fd: number): MovedDevice | undefined {
    const name = tapName(fd);
    const namespace = name === undefined ? undefined : tapNamespace(fd);
    if (name === undefined || namespace === undefined) return undefined;
    const home = inNamespace(this.#namespace, currentNamespace);
    const moved = fstatSync(home.fd).ino !== fstatSync(namespace).ino;
    home.close();
    if (!moved) {
      sys.close(namespace);
      return undefined;
    }
    const net = new LinuxNetHost({ fd: namespace });
    const close = (): void => {
      net.close();
      sys.close(namespace);
    };
    return { net, name, close };
  }

  capture(
    name: string,
    options: { readonly input?: FrameInput } = {},
  ): CaptureSource & { readonly frames: CaptureHandle } {
    const { ifindex, mtu } = this.#known(name);
    return inNamespace(this.#namespace, () => {
      const fd = openPacketSocket(name, ifindex);
      let hiding: Hidden | undefined;
      let input: FrameInput;
      try {
        hiding = this.#hide(name, ifindex);
        input = options.input ?? (hiding.link >= 0 && !ringInputFault() ? "ring" : "socket");
        // What comes by the socket, too, is not to be forwarded by the program that another process has left.
        if (input === "socket" && hiding.link >= 0) updateLink(hiding.link, hiding.program);
      } catch (error) {
        // The device has gone meanwhile, perhaps.
        sys.close(fd);
        hiding?.release();
        throw error;
      }
      const { link, program, hidden, release } = hiding;
      const own = ownPacketSocket(fd);
      return {
        frames: {
          kind: "capture" as const,
          name,
          ifindex,
          fd,
          mtu,
          queues: 1,
          input,
          hideLink: link,
          dropProgram: program,
        },
        hidden,
        close: () => {
          // The socket goes first, so that promiscuous mode ends before the host's stack sees frames again.
          own.forget();
          sys.close(fd);
          inNamespace(this.#namespace, release);
          this.#pins?.unpinLink(ifindex);
        },
      };
    });
  }

  openXdp(name: string, options: XdpOptions): XdpSource {
    const capture = this.capture(name, { input: "socket" });
    return inNamespace(this.#namespace, () => openXdp(name, options, capture));
  }

  /** Ends watching and requests. Sources live on. */
  close(): void {
    this.#handlers.clear();
    this.#watch?.close();
    this.#watch = undefined;
    this.#netlink.close();
  }

  /** Has a device that filters frames go on to take all when the packet socket goes with this process. */
  #stayPromiscuous(name: string, ifindex: number): void {
    const link = this.link(name);
    if (link === undefined || UNFILTERED.has(link.kind) || (link.flags & IFF_PROMISC) !== 0) return;
    this.#netlink.request(rt.setLinkPromiscuous(ifindex, true), name);
    mkdirSync(this.#pins!.promiscuous(ifindex), { recursive: true });
  }

  #endPromiscuous(ifindex: number): void {
    const noted = this.#pins!.promiscuous(ifindex);
    if (!existsSync(noted)) return;
    try {
      this.#netlink.request(rt.setLinkPromiscuous(ifindex, false), "a device");
    } catch {
      // It has gone.
    }
    rmdirSync(noted);
  }

  #hide(name: string, ifindex: number): Hidden {
    const link = this.#pins?.openLink(ifindex);
    if (link !== undefined) {
      try {
        return hideByLink(link);
      } catch {
        // It is of no use here, and the program that it holds is not to forward beside this process.
        this.#pins?.unpinLink(ifindex);
      }
    }
    return hideLink(name, ifindex);
  }

  #checkName(name: string): void {
    if (name === "" || Buffer.byteLength(name) > NAME_MAX) throw sys.hostError(name, EINVAL);
  }

  #known(name: string): LinkInfo {
    const link = this.link(name);
    if (!link) throw sys.hostError(name, ENODEV);
    return link;
  }

  #change(name: string, request: (ifindex: number) => NetlinkRequest): void {
    this.#netlink.request(request(this.#known(name).ifindex), name);
  }
}
