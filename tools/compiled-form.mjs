// V8's compiled form of bundled programs. Functions that are not in it are compiled when they are first called, and what is in it
// has to be read at every start; so tools are run once, and keep what they used. The others keep everything.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import v8 from "node:v8";
import { Script } from "node:vm";
import { root } from "./programs.mjs";

/** What most calls of a tool do. SOCKET is a server that has an answer to everything. */
const usualCalls = {
  "ovs-vsctl": "--db=unix:SOCKET --no-wait show -- --may-exist add-port br0 p0 tag=1 -- get Bridge br0 name",
  "ovs-appctl": "--target=SOCKET version",
};

/** True for programs that start, answer and end: their start-up time counts. */
export const isTool = (name) => name in usualCalls;

/** The compiled form of a program whose wrapped source lies in `file`. */
export async function compiledForm(name, file, source) {
  if (!(name in usualCalls)) return compileAll(file, source);
  const directory = mkdtempSync(join(tmpdir(), "weft-build-"));
  const socket = join(directory, "socket");
  const cache = join(directory, "cache");
  const server = createServer(answer).listen(socket);
  try {
    const args = usualCalls[name].replace("SOCKET", socket).split(" ");
    await run([join(root, "tools/warm-up.cjs"), file, cache, ...args]);
    return readFileSync(cache);
  } finally {
    server.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

function compileAll(file, source) {
  v8.setFlagsFromString("--no-lazy");
  const script = new Script(source, { filename: file });
  // The flags have to be what they are at the program's start, or V8 refuses the data.
  v8.setFlagsFromString("--lazy");
  return script.createCachedData();
}

function run(args) {
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { env, stdio: ["ignore", "ignore", "inherit"] });
    child.on("error", reject);
    child.on("exit", (status) => (status === 0 ? resolve() : reject(new Error(`${args.join(" ")}: status ${status}`))));
  });
}

const uuid = (n) => `${String(n).repeat(8)}-0000-4000-8000-000000000000`;
const nothing = ["set", []];
const rows = {
  Open_vSwitch: { bridges: ["uuid", uuid(2)], ovs_version: "4.0.0" },
  Bridge: { name: "br0", ports: ["uuid", uuid(3)], datapath_type: "system" },
  Port: { name: "br0", interfaces: ["uuid", uuid(4)], fake_bridge: false, bond_fake_iface: false },
  Interface: { name: "br0", type: "internal", options: ["map", [["peer", "p1"]]] },
};

/** Answers JSON-RPC requests: a small switch to `monitor`, an empty object for each operation, text to all else. */
function answer(socket) {
  socket.on("error", () => {});
  socket.on("data", (bytes) => {
    const { method, params, id } = JSON.parse(bytes.toString());
    socket.write(JSON.stringify({ id, error: null, result: result(method, params) }));
  });
}

function result(method, params) {
  if (method === "transact") return params.slice(1).map(() => ({}));
  if (method !== "monitor") return "";
  const tables = Object.keys(rows);
  return Object.fromEntries(
    Object.entries(params[2]).map(([table, { columns }]) => {
      if (!tables.includes(table)) return [table, {}];
      const row = Object.fromEntries(columns.map((column) => [column, rows[table][column] ?? nothing]));
      return [table, { [uuid(tables.indexOf(table) + 1)]: { new: row } }];
    }),
  );
}
