import { describe } from "vitest";
import { FakeNetHost } from "#host/fake/net.js";
import { netHostContract } from "./net-host.js";

describe("NetHost: fake", () => {
  netHostContract(() => ({ net: new FakeNetHost(), settle: () => Promise.resolve(), close: () => undefined }));
});
