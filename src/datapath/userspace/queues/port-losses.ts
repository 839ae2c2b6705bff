import type { FrameIo } from "#host/frame-io.js";
import type { DatapathDropReason } from "../../drop-reasons.js";
import { dropCounter } from "../counters.js";

/** Packets that a port lost by itself, either way, since they were last told. */
export interface PortLoss {
  readonly port: number;
  readonly reason: DatapathDropReason;
  readonly packets: number;
}

/** What a port's counters said when they were last looked at. */
interface Seen {
  rxDropped: number;
  rxUnusable: number;
  txDropped: number;
  readonly txErrors: Map<string, number>;
}

/** What devices say that are down: sockets, TAPs. */
const DOWN: ReadonlySet<string> = new Set(["ENETDOWN", "EIO", "ENXIO"]);

function transmitReason(error: string): DatapathDropReason {
  if (error === "oversize" || error === "EMSGSIZE") return "datapath_drop_tx_oversize";
  return DOWN.has(error) ? "datapath_drop_tx_down" : "datapath_drop_tx";
}

/**
 * Turns what each port's queues lost into drops with a reason: adds them to the datapath's counters and lists them by port.
 * Looking costs a system call for some ports, so it is done now and then, not for each packet.
 */
export class PortLosses {
  readonly #io: FrameIo;
  readonly #counters: Float64Array;
  readonly #ports = new Map<number, Seen>();

  constructor(io: FrameIo, counters: Float64Array) {
    this.#io = io;
    this.#counters = counters;
  }

  add(port: number): void {
    this.#ports.set(port, { rxDropped: 0, rxUnusable: 0, txDropped: 0, txErrors: new Map() });
  }

  /** To be called before the port is detached: what it lost last is counted. */
  remove(port: number): void {
    const seen = this.#ports.get(port);
    if (seen) this.#look(port, seen, []);
    this.#ports.delete(port);
  }

  /** What was lost since the last call. */
  collect(): PortLoss[] {
    const losses: PortLoss[] = [];
    for (const [port, seen] of this.#ports) this.#look(port, seen, losses);
    return losses;
  }

  #look(port: number, seen: Seen, losses: PortLoss[]): void {
    const now = this.#io.counters(port);
    if (!now) return;
    const tell = (reason: DatapathDropReason, packets: number): void => {
      if (packets <= 0) return;
      this.#counters[dropCounter(reason)]! += packets;
      losses.push({ port, reason, packets });
    };
    const unusable = now.rxUnusable - seen.rxUnusable;
    tell("datapath_drop_rx_unusable", unusable);
    tell("datapath_drop_rx_full", now.rxDropped - seen.rxDropped - unusable);
    seen.rxUnusable = now.rxUnusable;
    seen.rxDropped = now.rxDropped;
    if (now.txDropped === seen.txDropped) return;
    seen.txDropped = now.txDropped;
    for (const [error, count] of now.txErrors) {
      tell(transmitReason(error), count - (seen.txErrors.get(error) ?? 0));
      seen.txErrors.set(error, count);
    }
  }
}
