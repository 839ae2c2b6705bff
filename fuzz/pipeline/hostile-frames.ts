import { type Offload, plainOffload } from "#wire/virtio-net.js";
import { testFrames } from "../../test/differential/odp-frames.js";
import { type Dice, randomFrame } from "../../test/scenario/pipeline-oracle/random-world.js";

/** A frame and what its sender left to be done to it. */
export interface HostileFrame {
  readonly bytes: Uint8Array;
  readonly offload: Offload;
}

const known: readonly Uint8Array[] = testFrames.map((f) => Uint8Array.from(Buffer.from(f.hex, "hex")));

/** Ethernet types that something is behind, and some that nothing is. */
const types = [0x0800, 0x86dd, 0x0806, 0x8100, 0x88a8, 0x8847, 0x8848, 0x894f, 0x8035, 0x88cc, 0x05ff, 0, 0xffff];
/** IPv6 extension headers, and what may follow them. */
const nexts = [0, 43, 44, 51, 60, 135, 139, 140, 59, 6, 17, 58, 132, 1, 4, 41, 47, 253];
const smallNumbers = [0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 20, 40, 63, 64, 127, 128, 254, 255];
const sizes = [0, 1, 6, 12, 13, 14, 15, 17, 18, 20, 33, 34, 40, 53, 54, 60, 64, 1514, 1518];

/** A frame of any kind, whole or not, and sometimes with nonsense about its offloads. */
export function hostileFrame(dice: Dice): HostileFrame {
  let bytes = base(dice);
  for (let i = dice.below(4); i > 0; i--) bytes = changed(dice, bytes);
  return { bytes, offload: dice.chance(20) ? anyOffload(dice, bytes.length) : plainOffload() };
}

function base(dice: Dice): Uint8Array {
  const pick = dice.below(100);
  if (pick < 40) return randomFrame(dice);
  if (pick < 70) return dice.one(known).slice();
  if (pick < 76) return vlanTower(dice);
  if (pick < 82) return labelTower(dice);
  if (pick < 90) return extensionChain(dice);
  if (pick < 94) return fragment(dice);
  if (pick < 96) return randomBytes(dice, dice.one(sizes));
  if (pick < 97) return grown(dice, randomFrame(dice), 65_535);
  return grown(dice, randomFrame(dice), 60 + dice.below(3000));
}

function changed(dice: Dice, bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  switch (dice.below(6)) {
    case 0:
      return copy.slice(0, dice.below(copy.length + 1));
    case 1:
      return copy.slice(0, Math.min(copy.length, dice.one(sizes)));
    case 2:
      if (copy.length > 0) copy[dice.below(Math.min(copy.length, 100))] = dice.one(smallNumbers);
      return copy;
    case 3:
      if (copy.length > 0) copy[dice.below(Math.min(copy.length, 100))]! ^= 1 << dice.below(8);
      return copy;
    case 4:
      return insertType(dice, copy);
    default:
      return grown(dice, copy, copy.length + dice.below(40));
  }
}

/** Another Ethernet type where the type is. */
function insertType(dice: Dice, bytes: Uint8Array): Uint8Array {
  if (bytes.length < 14) return bytes;
  const type = dice.one(types);
  bytes[12] = type >> 8;
  bytes[13] = type & 255;
  return bytes;
}

function randomBytes(dice: Dice, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => dice.below(256));
}

function grown(dice: Dice, bytes: Uint8Array, length: number): Uint8Array {
  const more = new Uint8Array(Math.max(length, bytes.length)).fill(dice.below(256));
  more.set(bytes);
  return more;
}

function vlanTower(dice: Dice): Uint8Array {
  const inner = randomFrame(dice);
  const tags = Array.from({ length: 1 + dice.below(8) }, () => [
    ...dice.one([
      [0x81, 0],
      [0x88, 0xa8],
      [0x91, 0],
    ]),
    dice.below(256),
    dice.below(256),
  ]).flat();
  return Uint8Array.from([...inner.slice(0, 12), ...tags, ...inner.slice(12)]);
}

function labelTower(dice: Dice): Uint8Array {
  const inner = randomFrame(dice);
  const labels = Array.from({ length: dice.below(9) }, (_, i) => [
    dice.below(256),
    dice.below(256),
    dice.below(256) & (i === 0 && dice.chance(70) ? 0xff : 0xfe),
    dice.below(256),
  ]);
  return Uint8Array.from([...inner.slice(0, 12), 0x88, dice.one([0x47, 0x48]), ...labels.flat(), ...inner.slice(14)]);
}

/** IPv6 with extension headers whose lengths lie as often as not. */
function extensionChain(dice: Dice): Uint8Array {
  const addresses = randomBytes(dice, 32);
  const headers: number[] = [];
  const first = dice.one(nexts);
  for (let i = dice.below(12); i > 0; i--) {
    const length = dice.chance(80) ? 0 : dice.one(smallNumbers);
    headers.push(dice.one(nexts), length, ...randomBytes(dice, 6));
  }
  const rest = dice.chance(50) ? [dice.one([133, 134, 135, 136, 137, 1]), 0, ...randomBytes(dice, dice.below(60))] : [];
  const payload = [...headers, ...rest];
  const length = dice.chance(70) ? payload.length : dice.below(0x10000);
  const ether = [2, 0, 0, 0, 0, 0xa1, 2, 0, 0, 0, 0, 0xa2, 0x86, 0xdd];
  return Uint8Array.from([
    ...ether,
    ...[0x60, dice.below(256), 0, 0, length >> 8, length & 255, first, dice.below(256)],
    ...addresses,
    ...payload,
  ]);
}

/** A fragment of IPv4, of few identities so that some meet, overlap and lie. */
function fragment(dice: Dice): Uint8Array {
  const frame = randomFrame(dice);
  if (frame[12] !== 8 || frame[13] !== 0 || frame.length < 34) return frame;
  const offset = dice.chance(40) ? 0 : dice.one([1, 2, 3, 185, 8191, dice.below(8192)]);
  const flags = (dice.chance(60) ? 0x2000 : 0) | offset;
  frame[18] = 0;
  frame[19] = dice.below(3);
  frame[20] = flags >> 8;
  frame[21] = flags & 255;
  return frame;
}

const gsoTypes = [0, 1, 3, 4, 5, 0x80, 0x81, 0x84, 0x7f, 0xff];

function anyOffload(dice: Dice, length: number): Offload {
  const place = (): number =>
    dice.one([0, 14, 34, 54, 66, length, length - 1, length + 1, 0xffff, dice.below(200)]) & 0xffff;
  return {
    flags: dice.one([0, 1, 2, 3, 4, 0xff]),
    gsoType: dice.one(gsoTypes),
    headerLength: place(),
    gsoSize: dice.one([0, 1, 8, 100, 536, 1448, 0xffff]),
    csumStart: place(),
    csumOffset: dice.one([0, 2, 6, 16, 17, 0xffff, length & 0xffff]),
  };
}
