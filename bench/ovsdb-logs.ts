import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";

const size = 100_000_000;

/** Writes a log record by record, as servers do. */
class LogWriter {
  readonly #fd: number;
  #pieces: Buffer[] = [];
  #waiting = 0;
  written = 0;
  #date = 1_700_000_000_000;

  constructor(path: string) {
    this.#fd = openSync(path, "w");
  }

  put(record: object): void {
    const body = Buffer.from(`${JSON.stringify(record)}\n`);
    const head = Buffer.from(`OVSDB JSON ${body.length} ${createHash("sha1").update(body).digest("hex")}\n`);
    this.#pieces.push(head, body);
    this.#waiting += head.length + body.length;
    this.written += head.length + body.length;
    if (this.#waiting > 1 << 20) this.#flush();
  }

  /** A transaction. */
  commit(tables: object): void {
    this.put({ _date: this.#date++, ...tables, _is_diff: true });
  }

  #flush(): void {
    writeSync(this.#fd, Buffer.concat(this.#pieces));
    this.#pieces = [];
    this.#waiting = 0;
  }

  close(): void {
    this.#flush();
    closeSync(this.#fd);
  }
}

let fresh = 0;
/** UUIDs in no order, the same in every run. */
const newUuid = (): string => {
  const hex = createHash("md5").update(String(fresh++)).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
};
const ref = (uuid: string): readonly string[] => ["uuid", uuid];

/** What months of a switch leave: ports that come, are given numbers, are changed and go again, 300 at a time. */
function switchLog(path: string): void {
  const log = new LogWriter(path);
  log.put(JSON.parse(readFileSync("/usr/share/openvswitch/vswitch.ovsschema", "utf8")) as object);
  const [root, bridge, port0, interface0] = [newUuid(), newUuid(), newUuid(), newUuid()] as [
    string,
    string,
    string,
    string,
  ];
  log.commit({
    Open_vSwitch: { [root]: { bridges: ref(bridge) } },
    Bridge: { [bridge]: { name: "br0", ports: ref(port0) } },
    Port: { [port0]: { name: "br0", interfaces: ref(interface0) } },
    Interface: { [interface0]: { name: "br0", type: "internal" } },
  });
  const live: [string, string][] = [];
  for (let n = 1; log.written < size; n++) {
    const [port, face] = [newUuid(), newUuid()] as [string, string];
    const ids = [
      ["attached-mac", "fa:16:3e:00:00:01"],
      ["iface-id", newUuid()],
      ["iface-status", "active"],
      ["vm-uuid", newUuid()],
    ];
    log.commit({
      Interface: { [face]: { name: `tap${n}`, external_ids: ["map", ids] } },
      Port: { [port]: { name: `tap${n}`, interfaces: ref(face), tag: n % 4095 } },
      Bridge: { [bridge]: { ports: ref(port) } },
      Open_vSwitch: { [root]: { next_cfg: n } },
      _comment: `ovs-vsctl (invoked by sh): ovs-vsctl add-port br0 tap${n} -- set Interface tap${n}`,
    });
    log.commit({
      Interface: { [face]: { ofport: (n % 60_000) + 1, mac_in_use: "fe:16:3e:00:00:01" } },
      Open_vSwitch: { [root]: { cur_cfg: n } },
    });
    log.commit({ Interface: { [face]: { external_ids: ["map", [["iface-status", "inactive"]]] } } });
    live.push([port, face]);
    const gone = live.length > 300 ? live.shift() : undefined;
    if (gone)
      log.commit({
        Interface: { [gone[1]]: null },
        Port: { [gone[0]]: null },
        Bridge: { [bridge]: { ports: ref(gone[0]) } },
      });
  }
  log.close();
}

const item = (i: number): object => ({
  name: `item-${i}`,
  value: i,
  words: ["set", ["alpha", `beta-${i % 7}`]],
  tags: [
    "map",
    [
      [`key-${i % 5}`, `value-${i}`],
      ["owner", "bench"],
    ],
  ],
});

/** Half a million rows in one record, as compaction leaves them. */
function compactedLog(path: string, schema: object): void {
  const log = new LogWriter(path);
  log.put(schema);
  const rows: Record<string, object> = {};
  for (let i = 0; i < size / 190; i++) rows[newUuid()] = item(i);
  log.put({ _date: 1, _comment: "compacting database online", Item: rows });
  log.close();
}

/** 100,000 rows and a great many changes of one number each. */
function changesLog(path: string, schema: object): void {
  const log = new LogWriter(path);
  log.put(schema);
  const uuids: string[] = [];
  for (let i = 0; i < 100_000; i += 500) {
    const rows = Array.from({ length: 500 }, (_, k) => [newUuid(), item(i + k)] as const);
    uuids.push(...rows.map(([uuid]) => uuid));
    log.commit({ Item: Object.fromEntries(rows) });
  }
  for (let n = 0; log.written < size; n++) log.commit({ Item: { [uuids[n % 100]!]: { value: n } } });
  log.close();
}

/** Logs of 100 MB: a name, and what writes one to a path. `schema` is that of `BenchServer`. */
export const bigLogs: readonly { readonly name: string; readonly write: (path: string, schema: object) => void }[] = [
  { name: "a switch's log of 100 MB", write: switchLog },
  { name: "a compacted log of 100 MB", write: compactedLog },
  { name: "100 MB of small changes", write: changesLog },
];
