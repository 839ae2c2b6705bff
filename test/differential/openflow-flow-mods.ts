import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Framing } from "#openflow/framing.js";
import { makeMessage, readHeader } from "#openflow/header.js";
import { encodeHello } from "#openflow/hello.js";
import type { Version } from "#openflow/version.js";

/** What `ovs-ofctl add-flow` did: the messages it sent between hello and barrier, and what it printed. */
export interface SentFlow {
  readonly messages: readonly Uint8Array[];
  readonly stderr: string;
}

const BARRIER_REQUEST_10 = 18;
const BARRIER_REQUEST = 20;
const BUNDLE_CONTROL = 33;
/** The experimenter and its type, 2300. */
const ONF_BUNDLE_CONTROL = [0x4f, 0x4e, 0x46, 0, 0, 0, 8, 0xfc].join();

/** Something that ovs-ofctl takes for a switch, of one version; it says yes to all and keeps what it was sent. */
export class FlowModCatcher {
  readonly #dir: string = mkdtempSync(join(tmpdir(), "weft-ofctl-"));
  readonly #server: Server;
  #caught: Uint8Array[] = [];
  #version: Version = 1;

  private constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async start(): Promise<FlowModCatcher> {
    const catcher = new FlowModCatcher();
    await new Promise<void>((resolve) => catcher.#server.listen(catcher.#path, resolve));
    return catcher;
  }

  get #path(): string {
    return join(this.#dir, "switch.sock");
  }

  /** Runs the installed ovs-ofctl with `add-flow`. */
  addFlow(version: Version, flow: string): Promise<SentFlow> {
    return this.send(version, ["add-flow"], flow);
  }

  /** Runs the installed ovs-ofctl with a command, the switch and a file of these lines. */
  sendFile(version: Version, command: readonly string[], lines: string): Promise<SentFlow> {
    const file = join(this.#dir, "lines.txt");
    writeFileSync(file, lines);
    return this.send(version, command, file);
  }

  /** Runs the installed ovs-ofctl with a command, the switch and an argument. */
  async send(version: Version, command: readonly string[], argument: string): Promise<SentFlow> {
    this.#caught = [];
    this.#version = version;
    const target = `unix:${this.#path}`;
    const args = ["-O", `OpenFlow1${version - 1}`, "--no-names", ...command, target, argument];
    const stderr = await new Promise<string>((resolve) => {
      execFile("/usr/bin/ovs-ofctl", args, { timeout: 5000 }, (_error, _stdout, text) => resolve(text));
    });
    return { messages: this.#caught, stderr };
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.#dir, { recursive: true });
  }

  #serve(socket: Socket): void {
    const framing = new Framing();
    socket.on("error", () => socket.destroy());
    socket.write(encodeHello(1 << this.#version, 1));
    socket.on("data", (chunk) => {
      framing.receive(chunk);
      for (let m = framing.next(); m !== undefined; m = framing.next()) this.#take(socket, m);
    });
  }

  #take(socket: Socket, message: Uint8Array): void {
    const { version, type, xid } = readHeader(message);
    if (type === 0) return;
    const barrier = version === 1 ? BARRIER_REQUEST_10 : BARRIER_REQUEST;
    if (type === barrier) socket.write(makeMessage(version, type + 1, xid, new Uint8Array()));
    else this.#caught.push(message.slice());
    const control = bundleControlAt(message);
    if (control === undefined) return;
    const reply = message.slice();
    reply[control + 5] = reply[control + 5]! + 1;
    socket.write(reply);
  }
}

/** Where a message about a bundle says what is asked; undefined where the message is another. */
function bundleControlAt(message: Uint8Array): number | undefined {
  const { version, type } = readHeader(message);
  if (version >= 5) return type === BUNDLE_CONTROL ? 8 : undefined;
  const isControl = type === 4 && message.subarray(8, 16).join() === ONF_BUNDLE_CONTROL;
  return isControl ? 16 : undefined;
}

const FIXED_MATCH: Readonly<Record<number, number>> = { 1: 72, 2: 136 };

/** Where the instructions (of OpenFlow 1.0, the actions) begin in a flow-mod. */
export function instructionsAt(flowMod: Uint8Array): number {
  const version = flowMod[0]!;
  const isNxm = version === 1 && flowMod[1] === 4;
  const fixed = FIXED_MATCH[version];
  if (fixed !== undefined && !isNxm) return fixed;
  const at = isNxm ? 40 : 50;
  const length = (flowMod[at]! << 8) | flowMod[at + 1]!;
  return 48 + Math.ceil(length / 8) * 8;
}

/** The TLVs of a flow-mod's match; undefined where it has a match of fixed form. */
export function matchOf(flowMod: Uint8Array): Uint8Array | undefined {
  const isNxm = flowMod[0] === 1 && flowMod[1] === 4;
  if (flowMod[0]! < 3 && !isNxm) return undefined;
  const at = isNxm ? 40 : 50;
  const length = (flowMod[at]! << 8) | flowMod[at + 1]!;
  return isNxm ? flowMod.slice(48, 48 + length) : flowMod.slice(52, 48 + length);
}

/** The match of fixed form of a flow-mod, of OpenFlow 1.1 with its type and length; undefined where it has TLVs. */
export function fixedMatchOf(flowMod: Uint8Array): Uint8Array | undefined {
  if (flowMod[0] === 1 && flowMod[1] === 14) return flowMod.slice(8, 48);
  return flowMod[0] === 2 ? flowMod.slice(48, 136) : undefined;
}
