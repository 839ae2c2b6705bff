import { connect } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { JsonFraming } from "#runtime/json-framing.js";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import { describeWith, program } from "../support/needs.js";
import { startOurs, startReal, type TestServer } from "../support/ovsdb-servers.js";

const schema: Json = {
  name: "S",
  version: "1.0.0",
  tables: {
    T: {
      columns: {
        i: { type: "integer" },
        s: { type: "string" },
        r: { type: "real" },
        m: { type: { key: "string", value: "string", min: 0, max: "unlimited" } },
      },
      isRoot: true,
    },
  },
};

/** An insertion; the row's text has a byte for each character. */
const row = (text: string): string =>
  `{"method":"transact","params":["S",{"op":"insert","table":"T","row":${text}}],"id":1}`;
const nested = (depth: number): string => `{"method":"echo","params":${"[".repeat(depth)}${"]".repeat(depth)},"id":1}`;

/** Bytes that a client sends, a character a byte. */
const inputs: readonly string[] = [
  // Not UTF-8.
  ...["a\xffb", "a\x80b", "\xc0\xaf", "\xed\xa0\x80", "\xe6\x97", "\xf8\x88\x80\x80\x80", "\xf4\x90\x80\x80"].map((s) =>
    row(`{"s":"${s}"}`),
  ),
  ...["\xe0\x80\xaf", "\xe0\xa0z", "\xf0\x90\x80", "\xc3\xa9\xff"].map((s) => row(`{"s":"${s}"}`)),
  row('{"m":["map",[["\xff","a"]]]}'),
  // NUL, raw and escaped; a byte order mark.
  row('{"s":"a\x00b"}'),
  row('{"s":"a\\u0000b"}'),
  '\xef\xbb\xbf{"method":"list_dbs","params":[],"id":1}',
  // Names twice.
  row('{"i":1,"i":2}'),
  '{"method":"list_dbs","params":[],"id":1,"id":2}',
  // The ends of 64 bits, and numbers of every form.
  ...["9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809"].map((i) =>
    row(`{"i":${i}}`),
  ),
  ...["1e18", "1e19", "1.0", "-0", "1.5", "100000000000000000000e-5", `1.${"0".repeat(40)}`].map((i) =>
    row(`{"i":${i}}`),
  ),
  ...["1e400", "-0.0", "1e-400", "9".repeat(400), `0.${"3".repeat(400)}`, "1e", "1.", "01", "+1"].map((r) =>
    row(`{"r":${r}}`),
  ),
  // Nesting, at the limit and beyond it.
  nested(998),
  nested(1005),
  `[${"[".repeat(100_000)}`,
  // No requests.
  '{"method":"x","params":[],"id":1}',
  '{"method":"list_dbs","params":{},"id":1}',
  '{"method":"list_dbs","id":1}',
  '{"method":"list_dbs","params":[],"id":null}',
  '{"method":"list_dbs","params":[],"id":1,"x":1}',
  '{"method":5,"params":[],"id":1}',
  '{"method":"list_dbs","params":[],"id":{"a":[1.5,"x"]}}',
  "[1]",
  "{}",
  "5 ",
  // Requests that say nothing.
  '{"method":"transact","params":[],"id":1}',
  '{"method":"transact","params":["x"],"id":1}',
  '{"method":"transact","params":[5],"id":1}',
  '{"method":"transact","params":["S",5],"id":1}',
  '{"method":"transact","params":["S",{}],"id":1}',
  // `monitor` of nothing but a database ends ovsdb-server 3.1.0.
  '{"method":"monitor_cancel","params":[5],"id":1}',
  '{"method":"lock","params":[5],"id":1}',
  '{"method":"get_schema","params":["x"],"id":1}',
];

describeWith([program("/usr/sbin/ovsdb-server", "openvswitch-switch")], "bad input from a client", () => {
  let ours: TestServer;
  let real: TestServer;

  beforeAll(async () => {
    ours = await startOurs(schema);
    real = await startReal(schema);
  });
  afterAll(async () => {
    await ours?.stop();
    await real?.stop();
  });

  it.each(inputs.map((input) => [input.length > 100 ? `${input.slice(0, 100)}…` : input, input]))(
    "%j",
    async (_, input) => {
      expect(await ask(ours, input)).toEqual(await ask(real, input));
    },
  );
});

/** What a server answers, and then whether it still listens. */
function ask(server: TestServer, input: string): Promise<string[]> {
  return new Promise((resolve) => {
    const answers: string[] = [];
    const framing = new JsonFraming();
    const socket = connect(server.socket);
    const end = (how: string): void => {
      socket.destroy();
      resolve([...answers, how]);
    };
    socket.on("data", (bytes) => {
      framing.feed(bytes, (json) => {
        const text = formatJson(json, { sorted: true });
        if (text.includes('"id":"still there"')) end("listens");
        else answers.push(text.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "<uuid>"));
      });
    });
    socket.on("close", () => end("closed"));
    socket.on("error", () => {});
    socket.write(Buffer.from(`${input}{"method":"echo","params":[],"id":"still there"}`, "latin1"));
  });
}
