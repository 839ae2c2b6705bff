import { dummyDatapathClass } from "#datapath/dummy/dummy-class.js";
import type { DummyDevice } from "#datapath/dummy/dummy-device.js";
import { DummyDevices } from "#datapath/dummy/dummy-devices.js";
import type { Packet } from "#datapath/packet.js";
import { FakeClock } from "#host/fake/clock.js";
import { type Bed, datapathContract } from "./datapath.js";
import { datapathTunnelContract } from "./datapath-tunnels.js";
import { threadBed } from "./thread-bed.js";

function dummyBed(): Bed {
  const clock = new FakeClock();
  const none = undefined as never;
  const devices = new DummyDevices({ clock, files: none, streams: none });
  const datapath = dummyDatapathClass("dummy", devices, { clock, random: () => 0.5 }).open("ovs-dummy");
  const sent = new Map<number, Packet[]>();
  return {
    datapath,
    takesAnyFrame: true,
    addPort: (name, requested) => {
      const device = devices.class("dummy").open(name, new Map()) as DummyDevice;
      const port = datapath.addPort(device, requested);
      const packets: Packet[] = [];
      sent.set(port, packets);
      const transmit = device.transmit.bind(device);
      device.transmit = (packet) => {
        transmit(packet);
        packets.push(packet);
      };
      return port;
    },
    put: (port, packet) => {
      const device = datapath.port(port)?.device as DummyDevice | undefined;
      device?.receive(packet.data, packet.offload);
    },
    settle: async () => {},
    take: (port) => sent.get(port)?.splice(0) ?? [],
    close: () => datapath.close(),
  };
}

for (const [name, makeBed] of [
  ["in process", dummyBed],
  ["forwarding thread, played in this thread", () => threadBed()],
  ["three forwarding threads, played in this thread", () => threadBed(0, 1, 3)],
] as const) {
  datapathContract(name, makeBed);
  datapathTunnelContract(name, makeBed);
}
