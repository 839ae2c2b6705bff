import type { Files } from "#host/files.js";
import { type LinkStats, noCardStats } from "#host/net.js";
import type { Streams } from "#host/streams.js";
import type { Clock } from "#util/clock.js";
import { errnoNumber, errnoText } from "#util/errno.js";
import { HostError } from "#util/errors.js";
import { isVlanType } from "#wire/ethernet.js";
import { type Offload, plainOffload } from "#wire/virtio-net.js";
import type { DeviceInfo } from "../device.js";
import type { Packet } from "../packet.js";
import type { DirectDevice } from "../userspace/direct-device.js";
import { ActiveWire, PassiveWire, type Wire } from "./dummy-stream.js";
import { PcapFile } from "./pcap-file.js";

/** What dummy devices need of the outside: only for the options `stream`, `pstream` and the capture files. */
export interface DummyHost {
  readonly clock: Clock;
  readonly files: Files;
  readonly streams: Streams;
}

const MIN_MTU = 68;
const MAX_MTU = 65535;
const ETH_HEADER = 14;
const VLAN_HEADER = 4;

/**
 * A device of no kernel: frames are put in by `netdev-dummy/receive` or come over a stream, and go out to a capture file
 * or a stream. Options: `pcap`, `tx_pcap`, `rxq_pcap` (paths), `stream`, `pstream` (connections).
 */
export class DummyDevice implements DirectDevice {
  readonly name: string;
  readonly type: string;
  readonly #host: DummyHost;
  readonly #onClose: () => void;
  #mac: Uint8Array;
  #mtu = 1500;
  #up = true;
  #carrierResets = 0;
  #options: ReadonlyMap<string, string> = new Map();
  #rxPackets = 0;
  #rxBytes = 0;
  #txPackets = 0;
  #txBytes = 0;
  #receiver: ((packet: Packet, queue?: number) => void) | undefined;
  #wire: Wire | undefined;
  #rxFile: PcapFile | undefined;
  #txFile: PcapFile | undefined;
  readonly #changed: (() => void)[] = [];

  /** `number`: the last two bytes of its MAC. */
  constructor(name: string, type: string, number: number, host: DummyHost, onClose: () => void) {
    this.name = name;
    this.type = type;
    this.#host = host;
    this.#onClose = onClose;
    this.#mac = Uint8Array.of(0xaa, 0x55, 0xaa, 0x55, number >> 8, number & 255);
  }

  info(): DeviceInfo {
    return {
      mac: this.#mac,
      mtu: this.#mtu,
      minMtu: MIN_MTU,
      maxMtu: MAX_MTU,
      up: this.#up,
      carrier: this.#up,
      carrierResets: this.#carrierResets,
      ifindex: 0,
      speed: undefined,
      duplex: undefined,
      status: new Map(),
    };
  }

  /** Counts packets and bytes only; the rest is -1, not counted. */
  stats(): LinkStats {
    return {
      rxPackets: this.#rxPackets,
      txPackets: this.#txPackets,
      rxBytes: this.#rxBytes,
      txBytes: this.#txBytes,
      rxErrors: -1,
      txErrors: -1,
      rxDropped: -1,
      txDropped: -1,
      ...noCardStats,
    };
  }

  setMac(mac: Uint8Array): void {
    if (mac.every((b, i) => b === this.#mac[i])) return;
    this.#mac = mac.slice();
    this.#notify();
  }

  setMtu(mtu: number): void {
    if (mtu === this.#mtu) return;
    if (mtu < MIN_MTU || mtu > MAX_MTU) {
      throw new HostError(`set MTU of ${this.name}`, "EINVAL", errnoNumber("EINVAL"), errnoText("EINVAL"));
    }
    this.#mtu = mtu;
    this.#notify();
  }

  setUp(up: boolean): void {
    if (up === this.#up) return;
    this.#up = up;
    this.#notify();
  }

  /** What it was given; of its queues what it makes of that. */
  options(): ReadonlyMap<string, string> {
    if (this.type !== "dummy-pmd") return this.#options;
    const [receive, send] = [String(this.receiveQueues), this.#options.get("n_txq") ?? "1"];
    const queues = [
      ["configured_rx_queues", receive],
      ["configured_tx_queues", send],
      ["requested_rx_queues", receive],
      ["requested_tx_queues", send],
    ] as const;
    return new Map([...[...this.#options].filter(([key]) => key !== "n_rxq" && key !== "n_txq"), ...queues]);
  }

  setOptions(options: ReadonlyMap<string, string>): void {
    const old = this.#options;
    this.#options = new Map(options);
    const changed = (...keys: string[]): boolean => keys.some((k) => old.get(k) !== options.get(k));
    if (changed("stream", "pstream")) this.#rewire();
    if (changed("pcap", "tx_pcap", "rxq_pcap")) this.#reopenFiles();
  }

  /** `connected` or `disconnected` of a device with the option `stream`. */
  connectionState(): "connected" | "disconnected" | undefined {
    return this.#wire?.state;
  }

  /** Receive queues; more than one only of a `dummy-pmd`, by the option `n_rxq`. */
  get receiveQueues(): number {
    return this.type === "dummy-pmd" ? Number(this.#options.get("n_rxq") ?? 1) || 1 : 1;
  }

  onChange(handler: () => void): void {
    this.#changed.push(handler);
  }

  onGone(): void {}

  get polledQueues(): number | undefined {
    return this.type === "dummy-pmd" ? this.receiveQueues : undefined;
  }

  onReceive(handler: ((packet: Packet, queue?: number) => void) | undefined): void {
    this.#receiver = handler;
  }

  /** A frame comes in. One without a datapath is lost, and not counted. */
  receive(data: Uint8Array, offload: Readonly<Offload> = plainOffload(), queue = 0): void {
    if (this.#receiver === undefined) return;
    this.#rxPackets++;
    this.#rxBytes += data.length;
    this.#rxFile?.write(data, this.#host.clock.wall());
    this.#receiver({ data, offload }, queue);
  }

  /** What is longer than its MTU allows is lost, and not counted. */
  transmit(packet: Packet): void {
    const { data } = packet;
    if (data.length > this.#mtu + ETH_HEADER + (isVlanType((data[12]! << 8) | data[13]!) ? VLAN_HEADER : 0)) return;
    this.#txPackets++;
    this.#txBytes += data.length;
    this.#txFile?.write(data, this.#host.clock.wall());
    this.#wire?.send(data);
  }

  close(): void {
    this.#receiver = undefined;
    this.#wire?.close();
    this.#wire = undefined;
    this.#closeFiles();
    this.#onClose();
  }

  #notify(): void {
    for (const handler of this.#changed) handler();
  }

  #rewire(): void {
    this.#wire?.close();
    this.#wire = undefined;
    const { streams, clock } = this.#host;
    const onFrame = (frame: Uint8Array): void => this.receive(frame);
    const active = this.#options.get("stream");
    const passive = this.#options.get("pstream");
    if (passive !== undefined) this.#wire = new PassiveWire(streams, passive, onFrame, () => {});
    else if (active !== undefined) this.#wire = new ActiveWire(streams, clock, active, onFrame);
  }

  /** With `pcap` both directions are in one file, and the other two options do nothing. */
  #reopenFiles(): void {
    this.#closeFiles();
    const both = this.#options.get("pcap");
    if (both !== undefined) {
      this.#rxFile = this.#txFile = this.#capture(both);
      return;
    }
    this.#rxFile = this.#capture(this.#options.get("rxq_pcap"));
    this.#txFile = this.#capture(this.#options.get("tx_pcap"));
  }

  /** A file that cannot be made is done without, as upstream does it. */
  #capture(path: string | undefined): PcapFile | undefined {
    if (path === undefined) return undefined;
    try {
      return new PcapFile(this.#host.files, path);
    } catch (error) {
      if (error instanceof HostError) return undefined;
      throw error;
    }
  }

  #closeFiles(): void {
    this.#rxFile?.close();
    if (this.#txFile !== this.#rxFile) this.#txFile?.close();
    this.#rxFile = this.#txFile = undefined;
  }
}
