import { expect, it } from "vitest";
import { parsePacketListeners } from "./packet-listeners.js";

const HEAD = "sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n";
const line = (protocol: string, link: number, isRunning: number, inode: number, type = 3): string =>
  `000000006165480b 3      ${type}    ${protocol}   ${String(link).padEnd(5)} ${isRunning} 0      0      ${inode}\n`;

const listened = (text: string, own: readonly number[] = []): number[] => {
  const listeners = parsePacketListeners(HEAD + text, new Set(own));
  return [1, 2, 3, 4].filter((ifindex) => listeners.isListenedAt(ifindex));
};

it("finds sockets that receive everything of a link", () => {
  expect(listened("")).toEqual([]);
  expect(listened(line("0003", 2, 1, 70) + line("0003", 4, 1, 71, 2))).toEqual([2, 4]);
});

it("finds those that receive everything of all links", () => {
  expect(listened(line("0003", 0, 1, 70))).toEqual([1, 2, 3, 4]);
});

it("leaves out those that receive nothing, or one protocol that comes in", () => {
  expect(listened(line("0000", 1, 0, 70) + line("88cc", 2, 1, 71) + line("ffff", 3, 1, 72))).toEqual([]);
  expect(listened(line("0003", 1, 0, 70))).toEqual([]);
});

it("leaves out the process's own", () => {
  expect(listened(line("0003", 1, 1, 70) + line("0003", 2, 1, 71), [70])).toEqual([2]);
  expect(listened(line("0003", 1, 1, 70) + line("0003", 1, 1, 71), [70])).toEqual([1]);
});
