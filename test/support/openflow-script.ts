import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Framing } from "#openflow/framing.js";
import { MessageType, makeMessage, readHeader } from "#openflow/header.js";
import { eventually } from "./eventually.js";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const none = new Uint8Array(0);

/** A controller that runs as a program of its own, and a switch made of a script that talks to it. */
export class ScriptedSwitch {
  readonly #version: number;
  readonly #directory = mkdtempSync(join(tmpdir(), "weft-script-"));
  readonly #child: ChildProcess;
  readonly #framing = new Framing();
  #socket: Socket | undefined;
  #got: Uint8Array[] = [];
  #wake: () => void = () => {};
  #lastEcho = 0x70000000;

  private constructor(program: string, options: readonly string[], version: number) {
    this.#version = version;
    const log = ["-vconsole:off", "--unixctl=none"];
    this.#child = spawn(program, [...log, ...options, `punix:${this.#path}`], {
      stdio: "ignore",
      env: { ...process.env, OVS_RUNDIR: this.#directory, OVS_LOGDIR: this.#directory },
    });
  }

  get #path(): string {
    return join(this.#directory, "s");
  }

  /** Starts the program and connects; the hellos are exchanged. */
  static async start(program: string, options: readonly string[], version: number): Promise<ScriptedSwitch> {
    const self = new ScriptedSwitch(program, options, version);
    try {
      await eventually(() => self.#connect(), `${program} to listen`);
      return self;
    } catch (error) {
      self.close();
      throw error;
    }
  }

  /** Sends hello or a message, and gives all that the controller sent until it answered an echo behind it. */
  async say(message: Uint8Array): Promise<string[]> {
    const xid = ++this.#lastEcho;
    this.#socket!.write(message);
    this.#socket!.write(makeMessage(this.#version, MessageType.echoRequest, xid, none));
    const isAnswer = (m: Uint8Array): boolean => m[1] === MessageType.echoReply && readHeader(m).xid === xid;
    while (!this.#got.some(isAnswer)) {
      if (this.#socket!.destroyed) throw new Error(`the controller went away: ${this.#child.signalCode ?? ""}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const said = this.#got.filter((m) => !isAnswer(m)).map(hex);
    this.#got = [];
    return said;
  }

  close(): void {
    this.#socket?.destroy();
    this.#child.kill("SIGKILL");
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #connect(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.#path);
      socket.once("error", () => resolve(false));
      socket.once("connect", () => {
        this.#socket = socket;
        socket.on("data", (bytes: Uint8Array) => this.#receive(bytes));
        socket.on("error", () => {});
        socket.on("close", () => this.#wake());
        resolve(true);
      });
    });
  }

  #receive(bytes: Uint8Array): void {
    this.#framing.receive(bytes);
    for (let message = this.#framing.next(); message; message = this.#framing.next()) this.#got.push(message);
    this.#wake();
  }
}
