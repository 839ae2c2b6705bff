import { expect, it } from "vitest";
import { OF10 } from "../version.js";
import { encodeMessage } from "./codec.js";
import type { PhyPort } from "./port/phy-port.js";
import { formatMessageBytes } from "./print.js";

const port: PhyPort = {
  ...{ number: 1, address: 0x0200_0000_0001, name: "p", config: 0, state: 0 },
  ...{ current: 0, advertised: 0, supported: 0, peer: 0, currentSpeed: 0, maxSpeed: 0 },
};

it("prints as many ports as go into a message, each once", { timeout: 1500 }, () => {
  const bytes = encodeMessage(
    {
      kind: "features_reply",
      ...{ datapathId: 1n, buffers: 0, tables: 1, auxiliaryId: 0, capabilities: [], actions: [] },
      ports: new Array<PhyPort>(1300).fill(port),
    },
    OF10,
    1,
  );
  expect(formatMessageBytes(bytes).match(/addr:/g)).toHaveLength(1300);
});
