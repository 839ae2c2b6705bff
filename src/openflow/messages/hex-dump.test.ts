import { expect, it } from "vitest";
import { hexDump, plainHexDump } from "./hex-dump.js";

it.each([0, 1, 7, 8, 9, 15, 16, 17, 24, 300])("dumps %i bytes without their characters", (length) => {
  const bytes = Uint8Array.from({ length }, (_, i) => 255 - i);
  expect(plainHexDump(bytes)).toBe(hexDump(bytes).replace(/ *\|.*$/gm, ""));
});
