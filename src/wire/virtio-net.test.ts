import { expect, it } from "vitest";
import { copyOffload, plainOffload, readVnetHeader } from "./virtio-net.js";

it("reads the ten bytes of a virtio_net_hdr", () => {
  const offload = plainOffload();
  readVnetHeader(Uint8Array.of(0xa5, 1, 0x81, 54, 1, 0xa8, 5, 34, 2, 16, 3, 0xa5), 1, offload);
  const expected = { flags: 1, gsoType: 0x81, headerLength: 310, gsoSize: 1448, csumStart: 546, csumOffset: 784 };
  expect(offload).toEqual(expected);
  const other = plainOffload();
  copyOffload(other, offload);
  expect(other).toEqual(expected);
});
