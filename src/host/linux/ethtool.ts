import type { LinkSettings } from "../net.js";
import { Memory } from "./memory.js";
import * as sys from "./syscalls.js";

const AF_INET = 2;
const SOCK_DGRAM_CLOEXEC = 0x80002;
const SIOCETHTOOL = 0x8946;
const ETHTOOL_GDRVINFO = 0x3;
const ETHTOOL_GLINKSETTINGS = 0x4c;

const DATA = 64;
const SPEED_UNKNOWN = 0xffffffff;
const unknown: LinkSettings = {
  driver: "",
  driverVersion: "",
  firmwareVersion: "",
  speed: undefined,
  duplex: undefined,
  modes: undefined,
};

function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** struct ethtool_drvinfo: driver at 4, version at 36, firmware at 68, 32 bytes each. */
function driverInfo(
  fd: number,
  memory: Memory,
): Partial<Pick<LinkSettings, "driver" | "driverVersion" | "firmwareVersion">> {
  memory.bytes.fill(0, DATA, DATA + 256);
  memory.view.setUint32(DATA, ETHTOOL_GDRVINFO, true);
  if (sys.ioctl(fd, SIOCETHTOOL, memory.address) < 0) return {};
  const field = (at: number): string => text(memory.bytes.subarray(DATA + at, DATA + at + 32));
  return { driver: field(4), driverVersion: field(36), firmwareVersion: field(68) };
}

/** Values of the port member. */
const media: ReadonlyMap<number, "copper" | "fiber"> = new Map([
  [0, "copper"],
  [3, "fiber"],
]);

/**
 * struct ethtool_link_settings: speed in Mb/s at 4, duplex at 8, port at 9, autoneg at 11, the count of mask words at 15 (negative: the kernel
 * tells its own), and at 48 three masks of link modes: supported, advertised, those of the other end.
 */
function linkSpeed(fd: number, memory: Memory): Partial<Pick<LinkSettings, "speed" | "duplex" | "modes">> {
  memory.bytes.fill(0, DATA, DATA + 512);
  memory.view.setUint32(DATA, ETHTOOL_GLINKSETTINGS, true);
  if (sys.ioctl(fd, SIOCETHTOOL, memory.address) < 0) return {};
  const words = -memory.view.getInt8(DATA + 15);
  if (words <= 0) return {};
  memory.view.setUint32(DATA, ETHTOOL_GLINKSETTINGS, true);
  memory.view.setInt8(DATA + 15, words);
  if (sys.ioctl(fd, SIOCETHTOOL, memory.address) < 0) return {};
  const speed = memory.view.getUint32(DATA + 4, true);
  const duplex = memory.view.getUint8(DATA + 8);
  const mask = (index: number): number[] => {
    const bits: number[] = [];
    for (let bit = 0; bit < 32 * words; bit++) {
      const word = memory.view.getUint32(DATA + 48 + 4 * (index * words + (bit >> 5)), true);
      if (((word >>> (bit & 31)) & 1) !== 0) bits.push(bit);
    }
    return bits;
  };
  return {
    speed: speed === SPEED_UNKNOWN || speed === 0 ? undefined : speed * 1e6,
    duplex: duplex === 1 ? "full" : duplex === 0 ? "half" : undefined,
    modes: {
      medium: media.get(memory.view.getUint8(DATA + 9)),
      negotiates: memory.view.getUint8(DATA + 11) === 1,
      supported: mask(0),
      advertised: mask(1),
      peer: mask(2),
    },
  };
}

/** struct ethtool_channels: receive queues now at 20, combined ones at 32. */
const ETHTOOL_GCHANNELS = 0x3c;

/** Receive queues that a link of the calling thread's namespace has now; 1 where the driver does not tell. */
export function receiveQueues(name: string): number {
  return ask(name, (fd, memory) => {
    memory.view.setUint32(DATA, ETHTOOL_GCHANNELS, true);
    if (sys.ioctl(fd, SIOCETHTOOL, memory.address) < 0) return 1;
    return Math.max(1, memory.view.getUint32(DATA + 20, true) + memory.view.getUint32(DATA + 32, true));
  });
}

/** struct ethtool_gfeatures: how many blocks of 32 features there is room for at 4, and in each, from 8 on, which the driver has, which are wanted, which are on and which stay as they are. */
const ETHTOOL_GFEATURES = 0x3a;
const FEATURE_BLOCKS = 4;
/** NETIF_F_HW_CSUM. */
const HW_CSUM = 1 << 3;

/** Whether a link of the calling thread's namespace takes packets of any protocol whose checksums are yet to be computed. False where it does not tell. */
export function takesUnsummed(name: string): boolean {
  return ask(name, (fd, memory) => {
    memory.view.setUint32(DATA, ETHTOOL_GFEATURES, true);
    memory.view.setUint32(DATA + 4, FEATURE_BLOCKS, true);
    return sys.ioctl(fd, SIOCETHTOOL, memory.address) >= 0 && (memory.view.getUint32(DATA + 16, true) & HW_CSUM) !== 0;
  });
}

/** Driver, speed and duplex of a link of the calling thread's namespace; what the driver does not tell is unknown, a missing link too. */
export function linkSettings(name: string): LinkSettings {
  return ask(name, (fd, memory) => ({ ...unknown, ...driverInfo(fd, memory), ...linkSpeed(fd, memory) }));
}

/** Has `query` fill in the command at `DATA` and issue the ioctl at the memory's start. */
function ask<T>(name: string, query: (fd: number, memory: Memory) => T): T {
  const fd = sys.check(sys.socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0), "ethtool socket");
  const memory = Memory.anonymous(4096);
  try {
    // struct ifreq: the name, then a pointer to the command.
    memory.bytes.set(new TextEncoder().encode(name.slice(0, 15)));
    memory.putAddress(16, memory, DATA);
    return query(fd, memory);
  } finally {
    memory.release();
    sys.close(fd);
  }
}
