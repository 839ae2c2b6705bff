import fc from "fast-check";
import type { MessageFamily, Sample } from "./harness.js";

const data = fc.uint8Array({ maxLength: 40 });

const echo: fc.Arbitrary<Sample> = fc
  .tuple(fc.constantFrom("echo_request" as const, "echo_reply" as const), data)
  .map(([kind, bytes]) => ({ body: { kind, data: bytes } }));

const barrier: fc.Arbitrary<Sample> = fc
  .constantFrom("barrier_request" as const, "barrier_reply" as const)
  .map((kind) => ({ body: { kind } }));

/** Messages about the connection itself. */
export const connection: MessageFamily = {
  name: "connection",
  samples: () => [echo, barrier],
};
