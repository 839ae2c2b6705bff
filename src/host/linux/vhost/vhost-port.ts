import { existsSync, lstatSync, readSync, unlinkSync } from "node:fs";
import { HostError, WireError } from "#util/errors.js";
import { decodeVhostHeader, VHOST_HEADER, type VhostHeader } from "#wire/vhost-user.js";
import { type FrameHandle, type LinkStats, noCardStats } from "../../net.js";
import { tryHost } from "../../node/host-error.js";
import type { VhostMode, VhostSource, VhostStatus } from "../../vhost.js";
import * as sys from "../syscalls.js";
import { acceptFrom, DescriptorSocket, listenAt, MAX_DESCRIPTORS } from "./descriptor-socket.js";
import { LinuxRingBoard, ONE, watchDescriptor } from "./ring-board.js";
import { VhostSession } from "./vhost-session.js";
import { RingCount, VhostShared } from "./vhost-shared.js";

const EPOLL_CLOEXEC = 0x80000;
const EFD_NONBLOCK_CLOEXEC = 0x80800;
/** How long a client waits before it tries to connect again, in milliseconds. */
const RECONNECT = 1000;
/** Messages that one turn of the event loop takes. */
const MESSAGES = 64;
const DEFAULT_MTU = 1500;
const EADDRINUSE = 98;
/** How long a guest may take to set its queues up before they are given to threads, in milliseconds. */
const SETTLING = 50;

/** What a port needs of its process. */
export interface VhostOutside {
  /** Calls back once after some milliseconds. */
  after(ms: number, action: () => void): { cancel(): void };
  log(level: "info" | "warn", text: string): void;
}

/** A front-end's connection, with the message that is being received. */
interface Connection {
  readonly socket: DescriptorSocket;
  readonly session: VhostSession;
  readonly watch: sys.Readiness;
  header: VhostHeader | undefined;
  readonly bytes: Uint8Array;
  have: number;
  descriptors: number[];
}

interface Listener {
  readonly fd: number;
  readonly watch: sys.Readiness;
}

/** One vhost-user port, as the main thread has it: its socket, its front-end, and what the forwarding threads are told of it. */
export class VhostPort implements VhostSource {
  /** Another one where the guest has come to use another number of queue pairs. */
  frames: FrameHandle;
  readonly #path: string;
  readonly #outside: VhostOutside;
  readonly #shared = new VhostShared();
  /** One for each queue there ever was. */
  readonly #epolls: number[] = [];
  readonly #wakeFd: number;
  readonly #troubleFd: number;
  readonly #trouble: sys.Readiness;
  readonly #board: LinuxRingBoard;
  #listener: Listener | undefined;
  #connection: Connection | undefined;
  #retry: { cancel(): void } | undefined;
  #settling: { cancel(): void } | undefined;
  #complaint = "";
  readonly #handlers: (() => void)[] = [];
  #shown = "";

  /** Throws `HostError` where a server cannot listen. */
  constructor(name: string, path: string, mode: VhostMode, outside: VhostOutside) {
    this.#path = path;
    this.#outside = outside;
    this.#wakeFd = sys.check(sys.eventfd(0, EFD_NONBLOCK_CLOEXEC), "eventfd");
    this.#troubleFd = sys.check(sys.eventfd(0, EFD_NONBLOCK_CLOEXEC), "eventfd");
    this.#trouble = sys.onReadable(this.#troubleFd, () => this.#onTrouble());
    this.#board = new LinuxRingBoard(
      this.#shared,
      this.#epollSets(1),
      () => void sys.write(this.#wakeFd, ONE, ONE.length),
      () => this.#changed(),
    );
    this.frames = this.#handle(name, 1);
    try {
      if (mode === "server") this.#listener = this.#listen();
      else if (path !== "") this.#connect();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #epollSets(count: number): readonly number[] {
    while (this.#epolls.length < count) {
      const epoll = sys.check(sys.epollCreate(EPOLL_CLOEXEC), "epoll");
      this.#epolls.push(epoll);
      watchDescriptor(epoll, this.#wakeFd, "eventfd");
    }
    return this.#epolls.slice(0, count);
  }

  #handle(name: string, queues: number): FrameHandle {
    return {
      kind: "vhost",
      name,
      ifindex: 0,
      mtu: DEFAULT_MTU,
      queues,
      shared: this.#shared.buffer,
      fds: this.#epollSets(queues),
      troubleFd: this.#troubleFd,
    };
  }

  /** Offers as many queues as the guest has queue pairs, once it has set them up. */
  #settle(): void {
    this.#settling = undefined;
    const queues = Math.ceil(this.#board.sizes().length / 2);
    if (queues === 0 || queues === this.frames.queues) return;
    try {
      const frames = this.#handle(this.frames.name, queues);
      this.#board.spread(this.#epollSets(queues));
      this.frames = frames;
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      this.#end(error.message);
      return;
    }
    for (const handler of this.#handlers) handler();
  }

  #listen(): Listener {
    const fd = listenAt(this.#path, removeSocket);
    this.#outside.log("info", `${this.#path}: listening for a virtual machine`);
    return { fd, watch: sys.onReadable(fd, () => this.#accept(fd)) };
  }

  #accept(fd: number): void {
    for (let socket = acceptFrom(fd); socket; socket = acceptFrom(fd)) {
      if (this.#connection === undefined) this.#begin(socket);
      else {
        this.#outside.log("warn", `${this.#path}: another connection was refused, since there is one`);
        socket.close();
      }
    }
  }

  #connect(): void {
    this.#retry = undefined;
    try {
      this.#begin(DescriptorSocket.connect(this.#path));
      this.#complaint = "";
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      if (error.text !== this.#complaint) this.#outside.log("info", `${this.#path}: ${error.text}; trying again`);
      this.#complaint = error.text;
      this.#connectLater();
    }
  }

  #connectLater(): void {
    this.#retry = this.#outside.after(RECONNECT, () => this.#connect());
  }

  #begin(socket: DescriptorSocket): void {
    this.#outside.log("info", `${this.#path}: connected`);
    this.#connection = {
      socket,
      session: new VhostSession(this.#board, (fd) => void sys.close(fd)),
      watch: sys.onReadable(socket.fd, () => this.#read()),
      header: undefined,
      bytes: new Uint8Array(8192),
      have: 0,
      descriptors: [],
    };
    this.#changed();
  }

  #read(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    try {
      for (let i = 0; i < MESSAGES && this.#connection === connection; i++) if (!this.#readSome(connection)) return;
    } catch (error) {
      if (!(error instanceof WireError || error instanceof HostError)) throw error;
      this.#end(error.message);
    }
  }

  /** Takes what there is of one message; false where the socket has no more for now. */
  #readSome(connection: Connection): boolean {
    const wanted = VHOST_HEADER + (connection.header?.size ?? 0) - connection.have;
    if (wanted > 0) {
      const got = connection.socket.receive(wanted);
      if (got === "nothing") return false;
      if (got === "ended") {
        this.#end(undefined);
        return false;
      }
      connection.descriptors.push(...got.descriptors);
      if (connection.descriptors.length > MAX_DESCRIPTORS) throw new WireError("a message with too many descriptors");
      connection.bytes.set(got.bytes, connection.have);
      connection.have += got.bytes.length;
      if (got.bytes.length < wanted) return true;
    }
    connection.header ??= decodeVhostHeader(connection.bytes.subarray(0, VHOST_HEADER));
    if (connection.have < VHOST_HEADER + connection.header.size) return true;
    const { header, descriptors } = connection;
    const payload = connection.bytes.slice(VHOST_HEADER, connection.have);
    connection.header = undefined;
    connection.have = 0;
    connection.descriptors = [];
    const reply = connection.session.receive(header, payload, descriptors);
    if (reply) connection.socket.send(reply);
    return true;
  }

  /** The connection is over, for a reason of ours or, without one, the other side's. */
  #end(reason: string | undefined): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#connection = undefined;
    connection.watch.stop();
    for (const fd of connection.descriptors) sys.close(fd);
    connection.session.end();
    connection.socket.close();
    if (reason === undefined) this.#outside.log("info", `${this.#path}: disconnected`);
    else this.#outside.log("warn", `${this.#path}: disconnected (${reason})`);
    this.#changed();
    if (this.#listener === undefined) this.#connectLater();
  }

  #onTrouble(): void {
    readSync(this.#troubleFd, new Uint8Array(8));
    for (const ring of this.#board.takeBroken())
      this.#outside.log(
        "warn",
        `${this.#path}: ring ${ring} makes no sense and is served no more until the guest sets it up again`,
      );
  }

  #changed(): void {
    const { isConnected, features, rings, isUp } = this.status();
    const now = `${isConnected} ${features} ${rings} ${isUp}`;
    if (now === this.#shown) return;
    this.#shown = now;
    this.#settling ??= this.#outside.after(SETTLING, () => this.#settle());
    for (const handler of this.#handlers) handler();
  }

  status(): VhostStatus {
    return {
      isConnected: this.#connection !== undefined,
      features: this.#connection === undefined ? 0n : this.#shared.features,
      rings: this.#board.sizes(),
      isUp: this.#shared.pairs > 0,
      numa: existsSync("/sys/devices/system/node/node1") ? undefined : 0,
    };
  }

  stats(): LinkStats {
    const shared = this.#shared;
    const bad = shared.sum(true, RingCount.bad);
    return {
      ...noCardStats,
      rxPackets: shared.sum(true, RingCount.packets),
      rxBytes: shared.sum(true, RingCount.bytes),
      rxDropped: shared.sum(true, RingCount.dropped) + bad,
      rxErrors: bad,
      txPackets: shared.sum(false, RingCount.packets),
      txBytes: shared.sum(false, RingCount.bytes),
      txDropped: shared.sum(false, RingCount.dropped),
      txErrors: shared.sum(false, RingCount.bad),
    };
  }

  ownStats(): ReadonlyMap<string, number> {
    const shared = this.#shared;
    return new Map([
      ["ovs_tx_failure_drops", shared.sum(false, RingCount.dropped)],
      ["tx_retries", shared.sum(false, RingCount.retries)],
    ]);
  }

  setUp(up: boolean): void {
    this.#shared.isDown = !up;
  }

  setRetries(retries: number): void {
    this.#shared.retries = retries;
  }

  onChange(handler: () => void): void {
    this.#handlers.push(handler);
  }

  close(): void {
    this.#handlers.length = 0;
    if (this.#listener !== undefined) {
      this.#listener.watch.stop();
      sys.close(this.#listener.fd);
      try {
        unlinkSync(this.#path);
      } catch {
        // Somebody has taken it away.
      }
    }
    this.#end(undefined);
    this.#retry?.cancel();
    this.#settling?.cancel();
    this.#trouble.stop();
    this.#board.close();
    for (const fd of [...this.#epolls, this.#wakeFd, this.#troubleFd]) sys.close(fd);
  }
}

/** Takes a socket away, and nothing else. Throws `HostError` for what is none, or cannot be taken away. */
function removeSocket(path: string): void {
  tryHost(path, () => {
    if (!lstatSync(path).isSocket()) throw sys.hostError(path, EADDRINUSE);
    unlinkSync(path);
  });
}
