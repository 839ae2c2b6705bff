import { describe } from "vitest";
import { FakeStreams } from "#host/fake/streams.js";
import { streamsContract } from "./streams.js";

describe("fake streams", () => {
  streamsContract(() => ({ streams: new FakeStreams(), directory: "/run", close() {} }));
});
