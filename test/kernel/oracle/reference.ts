import type { Upcall } from "#datapath/datapath.js";
import { dummyDatapathClass } from "#datapath/dummy/dummy-class.js";
import { DummyDevices } from "#datapath/dummy/dummy-devices.js";
import type { Packet } from "#datapath/packet.js";
import type { UserspaceDatapath } from "#datapath/userspace/userspace-datapath.js";
import { FakeClock } from "#host/fake/clock.js";

/** A port's number, and a frame that came in or went out there. */
export interface PortPacket {
  readonly port: number;
  readonly packet: Packet;
}

/** The userspace engine in this process, whose forwarder the slow, obvious switch vouches for. */
export class Reference {
  readonly datapath: UserspaceDatapath;
  readonly #devices: DummyDevices;
  #sent: PortPacket[] = [];
  #upcalls: Upcall[] = [];

  constructor(ports: readonly number[]) {
    const clock = new FakeClock();
    const none = undefined as never;
    this.#devices = new DummyDevices({ clock, files: none, streams: none });
    const dummies = dummyDatapathClass("dummy", this.#devices, { clock, random: () => 0.5 });
    this.datapath = dummies.open("wg-reference") as UserspaceDatapath;
    for (const port of ports) {
      this.datapath.addPort(dummies.deviceClass("dummy")!.open(`p${port}`, new Map()), port);
      this.#devices.get(`p${port}`)!.transmit = (packet) => void this.#sent.push({ port, packet });
    }
    this.datapath.onUpcall((batch) => void this.#upcalls.push(...batch));
  }

  put({ port, packet }: PortPacket): void {
    this.#devices.get(`p${port}`)!.receive(packet.data, packet.offload);
  }

  /** What left by its ports, and what came up, since it was asked last. */
  take(): { readonly sent: PortPacket[]; readonly upcalls: Upcall[] } {
    const taken = { sent: this.#sent, upcalls: this.#upcalls };
    this.#sent = [];
    this.#upcalls = [];
    return taken;
  }
}
