import { writeSync } from "node:fs";
import { join } from "node:path";
import { parentPort, receiveMessageOnPort, Worker, workerData } from "node:worker_threads";
import { BugError } from "#util/errors.js";
import type { Thread, ThreadHost, ThreadMessage, ThreadParent } from "../threads.js";

const ONE = new Uint8Array(new BigUint64Array([1n]).buffer);

/** Adds 1 to an eventfd; nothing happens where the thread that slept on it has just closed it. */
export function signalEvent(eventFd: number): void {
  try {
    writeSync(eventFd, ONE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EBADF") throw error;
  }
}

class NodeThread implements Thread {
  readonly #worker: Worker;
  #error: Error | undefined;
  #terminated = false;

  constructor(path: string, data: ThreadMessage) {
    this.#worker = new Worker(path, { workerData: data });
    this.#worker.on("error", (error) => {
      this.#error = error;
    });
  }

  post(message: ThreadMessage, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, [...transfer]);
  }

  onMessage(handler: (message: ThreadMessage) => void): void {
    this.#worker.on("message", handler);
  }

  onExit(handler: (error: Error | undefined) => void): void {
    this.#worker.on("exit", () => {
      if (!this.#terminated) handler(this.#error);
    });
  }

  signal(eventFd: number): void {
    signalEvent(eventFd);
  }

  terminate(): void {
    this.#terminated = true;
    void this.#worker.terminate();
  }
}

/** Threads whose programs are the bundles `<entry>.cjs` in a folder. */
export class NodeThreads implements ThreadHost {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  start(entry: string, data: ThreadMessage): Thread {
    return new NodeThread(join(this.#folder, `${entry}.cjs`), data);
  }
}

/** The parent of the thread this runs in. */
export function threadParent(): ThreadParent {
  const port = parentPort;
  if (port === null) throw new BugError("not a thread");
  return {
    data: workerData,
    receive: () => receiveMessageOnPort(port)?.message,
    post: (message, transfer = []) => port.postMessage(message, [...transfer]),
  };
}
