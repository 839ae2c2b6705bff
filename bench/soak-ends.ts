/*
 * The ends of a soak's new connections: a server that answers, a client that begins connections of TCP and UDP at a rate and counts those that were not
 * answered as they should be.
 */
import { createSocket } from "node:dgram";
import { connect, createServer } from "node:net";

const PORT = 9000;
const QUESTION = Buffer.alloc(100, "x");
/** Milliseconds after which an answer is lost: TCP has said it again some times by then. */
const PATIENCE = 5000;

/** Answers on TCP and UDP with what it is sent. */
export function serveSoak(): void {
  const datagrams = createSocket("udp4");
  datagrams.on("message", (data, from) => datagrams.send(data, from.port, from.address));
  datagrams.bind(PORT);
  createServer((socket) => socket.on("error", () => {}).pipe(socket)).listen(PORT, () => console.log("ready"));
}

function askTcp(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    let length = 0;
    const socket = connect(PORT, host, () => socket.end(QUESTION));
    socket.setTimeout(PATIENCE, () => socket.destroy());
    socket.on("error", () => {});
    socket.on("data", (data) => {
      length += data.length;
    });
    socket.on("close", () => resolve(length === QUESTION.length));
  });
}

function askUdp(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    const end = (answered: boolean): void => {
      clearTimeout(timer);
      socket.close();
      resolve(answered);
    };
    const timer = setTimeout(end, PATIENCE, false);
    socket.on("message", () => end(true));
    socket.send(QUESTION, PORT, host);
  });
}

/** What a client counted. */
export interface SoakCounts {
  asked: number;
  unanswered: number;
}

/** Begins `rate` connections a second of each protocol for so many seconds, then prints `SoakCounts`. */
export function runSoakClient(host: string, seconds: number, rate: number): void {
  const counts: SoakCounts = { asked: 0, unanswered: 0 };
  const waiting = new Set<Promise<void>>();
  const began = performance.now();
  const count = (asked: Promise<boolean>): void => {
    counts.asked++;
    const done: Promise<void> = asked.then((answered) => {
      if (!answered) counts.unanswered++;
      waiting.delete(done);
    });
    waiting.add(done);
  };
  const timer = setInterval(() => {
    const elapsed = performance.now() - began;
    if (elapsed > seconds * 1000) {
      clearInterval(timer);
      void Promise.all(waiting).then(() => console.log(JSON.stringify(counts)));
      return;
    }
    const due = Math.min(20, Math.floor((2 * rate * elapsed) / 1000) - counts.asked);
    for (let i = 0; i < due; i++) count(counts.asked % 2 === 0 ? askTcp(host) : askUdp(host));
  }, 10);
}
