/*
 * What ovs-ofctl does with flows, in a process of its own: for as long as bin/ovs-ofctl lacks a command. And the switch that is asked.
 */
import { readFileSync, writeSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { parseFlowModFile } from "#openflow/flow-text-file.js";
import { Framing } from "#openflow/framing.js";
import { readHeader } from "#openflow/header.js";
import { encodeHello } from "#openflow/hello.js";
import { decodeMessage, encodeMessage } from "#openflow/messages/codec.js";
import { formatFlowStats } from "#openflow/messages/flow/flow-stats.js";
import { formatMessageBytes } from "#openflow/messages/print.js";
import { formatProtocols, protocolOfVersion } from "#openflow/protocol.js";
import { OF13 } from "#openflow/version.js";
import { flowStatsRequest, versionBit } from "./openflow-request.js";

const STATS_REQUEST = 18;
const HELLO = 0;
const FULL = 1 << 16;

/** Writes text to standard output, much at a time. */
class Out {
  #text = "";

  write(text: string): void {
    this.#text += text;
    if (this.#text.length > FULL) this.flush();
  }

  flush(): void {
    const bytes = Buffer.from(this.#text);
    for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
    this.#text = "";
  }
}

/** `ovs-ofctl -O OpenFlow13 parse-flows FILE`. */
export function parseFlows(file: string): void {
  const out = new Out();
  const { flowMods, usable } = parseFlowModFile(readFileSync(file, "utf8"), file, "fromText");
  out.write(`usable protocols: ${formatProtocols(usable)}\nchosen protocol: ${protocolOfVersion(OF13).name}\n`);
  flowMods.forEach((mod, i) => void out.write(formatMessageBytes(encodeMessage(mod, OF13, i + 1))));
  out.flush();
}

/** `ovs-ofctl ofp-parse FILE`. */
export function parseMessages(file: string): void {
  const out = new Out();
  const bytes = readFileSync(file);
  for (let at = 0; at < bytes.length; ) {
    const { length } = readHeader(bytes, at);
    out.write(formatMessageBytes(bytes.subarray(at, at + length)));
    at += length;
  }
  out.flush();
}

/** `ovs-ofctl -O OpenFlow13 dump-flows unix:PATH`. */
export function dumpFlows(path: string): void {
  const out = new Out();
  const socket = createConnection(path);
  const framing = new Framing();
  socket.write(encodeHello(versionBit(OF13), 1));
  socket.on("data", (chunk) => {
    framing.receive(chunk);
    for (let bytes = framing.next(); bytes !== undefined; bytes = framing.next()) {
      if (readHeader(bytes).type === HELLO) {
        socket.write(flowStatsRequest());
        continue;
      }
      const { body, flags } = decodeMessage(bytes);
      if (body.kind !== "flow_stats_reply") continue;
      for (const flow of body.flows) out.write(`${formatFlowStats(flow)}\n`);
      if ((flags & 1) === 0) socket.end();
    }
  });
  socket.on("end", () => out.flush());
}

/** A switch on a socket that answers whoever asks for flows with the messages of a file. It says so when it listens, and lives until killed. */
export function serveFlows(path: string, file: string): void {
  const reply = readFileSync(file);
  const server = createServer((socket) => {
    const framing = new Framing();
    socket.on("error", () => socket.destroy());
    socket.write(encodeHello(versionBit(OF13), 1));
    socket.on("data", (chunk) => {
      framing.receive(chunk);
      for (let m = framing.next(); m !== undefined; m = framing.next()) {
        const { type, xid } = readHeader(m);
        if (type === STATS_REQUEST) socket.write(withXid(reply, xid));
      }
    });
  });
  server.listen(path, () => console.log("listening"));
}

/** The messages with the transaction of the request. */
function withXid(messages: Buffer, xid: number): Buffer {
  const copy = Buffer.from(messages);
  for (let at = 0; at < copy.length; at += copy.readUInt16BE(at + 2)) copy.writeUInt32BE(xid, at + 4);
  return copy;
}
