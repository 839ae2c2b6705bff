import { describe, expect, it } from "vitest";
import { MessageType, makeMessage } from "#openflow/header.js";
import { OF10 } from "#openflow/version.js";
import { Admission } from "./admission.js";

const of10 = (type: number, length = 0): Uint8Array => makeMessage(OF10, type, 1, new Uint8Array(length));

describe("Admission", () => {
  it.each([
    ["hello", of10(MessageType.hello)],
    ["echo", of10(MessageType.echoRequest)],
    ["error", of10(MessageType.error, 4)],
    ["features_request", of10(5)],
    ["get_config_request", of10(7)],
    ["set_config", of10(9, 4)],
    ["queue_get_config_request", of10(20, 4)],
    ["what nobody knows", of10(99)],
  ])("is not shown by %s", (_, message) => {
    const admission = new Admission(0);
    admission.connected(1000);
    admission.received(5000, message);
    expect(admission.silentFor(7500)).toBe(7);
  });

  it.each([
    ["barrier", of10(18)],
    ["a request of statistics", of10(16, 4)],
  ])("is shown by %s", (_, message) => {
    const admission = new Admission(0);
    admission.connected(1000);
    admission.received(5000, message);
    expect(admission.silentFor(99_000)).toBe(0);
  });

  it("comes with time, ends with the connection, and is counted from the last sign of life", () => {
    const admission = new Admission(0);
    admission.connected(1000);
    admission.heard(30_999);
    expect(admission.silentFor(30_999)).toBe(30);
    admission.heard(31_000);
    admission.heard(40_000);
    expect(admission.silentFor(50_000)).toBe(0);
    admission.disconnected();
    expect(admission.silentFor(50_000)).toBe(10);
    admission.connected(51_000);
    expect(admission.silentFor(51_000)).toBe(11);
  });
});
