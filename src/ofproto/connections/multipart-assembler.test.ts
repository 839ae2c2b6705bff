import { describe, expect, it } from "vitest";
import { FakeClock } from "#host/fake/clock.js";
import { decodeMessage, encodeMessage, readEnvelope } from "#openflow/messages/codec.js";
import type { Message } from "#openflow/messages/message.js";
import type { Body } from "#openflow/messages/table.js";
import { OF12, OF13, OF14, type Version } from "#openflow/version.js";
import { joined, MultipartAssembler } from "./multipart-assembler.js";

interface Bed {
  say(body: Body, xid: number, more: boolean, version?: Version): Message | undefined;
  readonly clock: FakeClock;
  readonly refused: string[];
}

function bed(): Bed {
  const clock = new FakeClock();
  const assembler = new MultipartAssembler(clock);
  const refused: string[] = [];
  return {
    clock,
    refused,
    say: (body, xid, more, version = OF13) => {
      const bytes = encodeMessage(body, version, xid, { flags: more ? 1 : 0 });
      const requests = assembler.take(readEnvelope(bytes), bytes, (error, request) =>
        refused.push(`${error.error} ${decodeMessage(request).name}`),
      );
      const messages = requests?.map((r) => decodeMessage(r));
      return requests && messages && joined(messages, requests);
    },
  };
}

const desc: Body = { kind: "desc_request" };
const port: Body = { kind: "port_stats_request", port: 1 };
const features: Body = { kind: "table_features_request", tables: [] };

describe("requests in several messages", () => {
  it("are whole with the last, others between them", () => {
    const { say } = bed();
    expect(say(desc, 1, true)).toBeUndefined();
    expect(say(desc, 2, true)).toBeUndefined();
    expect(say({ kind: "barrier_request" }, 1, false)?.body.kind).toBe("barrier_request");
    expect(say(desc, 1, true)).toBeUndefined();
    expect(say(desc, 2, false)?.xid).toBe(2);
    expect(say(desc, 1, false)?.xid).toBe(1);
    expect(say(features, 1, true)).toBeUndefined();
    expect(say(features, 1, false)?.body).toEqual(features);
  });

  it("are joined where they are lists", () => {
    const { say } = bed();
    const monitors = (id: number): Body => {
      const { body } = decodeMessage(
        encodeMessage(
          {
            kind: "flow_monitor_request",
            monitors: [
              {
                ...{ id, command: "add", flags: 2, table: 255, outPort: 0xffff, outGroup: 0xffffffff },
                match: { key: new Uint32Array(200), mask: new Uint32Array(200) },
              },
            ],
          } as Body,
          OF14,
          1,
        ),
      );
      return body;
    };
    expect(say(monitors(1), 7, true, OF14)).toBeUndefined();
    expect(say(monitors(2), 7, false, OF14)?.body).toMatchObject({ monitors: [{ id: 1 }, { id: 2 }] });
  });

  it("cannot be joined where each is a request of its own", () => {
    const { say } = bed();
    expect(say(port, 1, true)).toBeUndefined();
    expect(say(port, 1, false)).toBeUndefined();
    expect(say(port, 1, false)?.body).toEqual(port);
  });

  it("are refused where a part is of another kind, and forgotten", () => {
    const { say, refused } = bed();
    say(features, 1, true);
    expect(() => say(desc, 1, false)).toThrow("OFPBRC_BAD_STAT");
    expect(say(desc, 1, false)?.body).toEqual(desc);
    expect(refused).toEqual([]);
  });

  it("are given up after a second", () => {
    const { say, refused, clock } = bed();
    say(desc, 1, true);
    clock.advance(999);
    say(desc, 1, true);
    clock.advance(999);
    expect(refused).toEqual([]);
    clock.advance(1);
    expect(refused).toEqual(["OFPBRC_MULTIPART_REQUEST_TIMEOUT OFPST_DESC request"]);
  });

  it("are not there before OpenFlow 1.3", () => {
    expect(bed().say(port, 1, true, OF12)?.body).toEqual(port);
  });
});
