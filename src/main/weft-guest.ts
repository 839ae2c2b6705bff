import { connect, createServer } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import type { GuestReply, GuestRequest, GuestStart } from "#cli/weft/guest-protocol.js";
import { enterNamespace } from "#host/linux/namespaces.js";
import { ping } from "#host/linux/ping.js";
import { parseIpv4 } from "#util/ip.js";

let sequence = 0;

function addressBytes(text: string): Uint8Array {
  const value = parseIpv4(text) ?? 0;
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

function serve(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      let bytes = 0;
      socket.on("data", (data: Buffer) => (bytes += data.length));
      // The sender learns what arrived, so that the figure counts no buffers.
      socket.on("end", () => socket.end(String(bytes)));
      socket.on("error", () => {});
    });
    server.on("error", reject);
    server.listen(0, "0.0.0.0", () => resolve((server.address() as { port: number }).port));
  });
}

function send(to: string, port: number, duration: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const chunk = new Uint8Array(256 * 1024);
    const socket = connect({ host: to, port, allowHalfOpen: true });
    let began = 0;
    let answer = "";
    const pump = (): void => {
      while (performance.now() - began < duration) if (!socket.write(chunk)) return;
      socket.end();
    };
    socket.on("connect", () => {
      began = performance.now();
      pump();
    });
    socket.on("drain", pump);
    socket.on("data", (data: Buffer) => (answer += data.toString()));
    socket.on("end", () => resolve((Number(answer) * 1000) / (performance.now() - began)));
    socket.on("error", reject);
  });
}

function handle(request: GuestRequest): Promise<number | undefined> {
  switch (request.do) {
    case "ping":
      return Promise.resolve(ping(addressBytes(request.to), ++sequence, request.timeout));
    case "serve":
      return serve();
    case "send":
      return send(request.to, request.port, request.duration);
  }
}

/** A guest of the demo: a thread in a network namespace of its own; started by `weft demo`, never by hand. */
function main(): void {
  enterNamespace((workerData as GuestStart).namespace);
  parentPort?.on("message", (request: GuestRequest) => {
    const reply = (message: GuestReply): void => parentPort?.postMessage(message);
    handle(request).then(
      (value) => reply({ value }),
      (error: Error) => reply({ value: undefined, error: error.message }),
    );
  });
}

main();
