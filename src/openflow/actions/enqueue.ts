import { UserError } from "#util/errors.js";
import { OfpError } from "../ofp-error.js";
import { formatOfport, OFPP, parseOfport } from "../port-number.js";
import { OF10, only } from "../version.js";
import type { ActionRow } from "./action.js";
import { parseU32 } from "./argument.js";
import { of } from "./wire-form.js";

/** Output to a queue of a port. */
export interface Enqueue {
  readonly kind: "enqueue";
  readonly port: number;
  readonly queueId: number;
}

export const enqueue: ActionRow<Enqueue> = {
  kind: "enqueue",
  wire: [
    {
      ids: [of(only(OF10), 11)],
      length: [16, 16],
      decode: (r) => {
        const port = r.u16();
        if (port >= OFPP.max && port !== OFPP.inPort && port !== OFPP.local) throw new OfpError("OFPBAC_BAD_OUT_PORT");
        r.skip(6);
        return { kind: "enqueue", port, queueId: r.u32() };
      },
      encode: ({ port, queueId }, w) => void w.u16(port).zeros(6).u32(queueId),
    },
  ],
  instead: ({ port, queueId }) => [
    { kind: "set_queue", queueId },
    { kind: "output", port, maxLength: 0xffff },
    { kind: "pop_queue" },
  ],
  format: ({ port, queueId }, ctx) => `enqueue:${formatOfport(port, ctx)}:${queueId}`,
  parse: {
    enqueue: (text, ctx) => {
      const [name, queue] = text.split(/[:,]/, 2);
      if (queue === undefined) {
        throw new UserError('"enqueue" syntax is "enqueue:PORT:QUEUE" or "enqueue(PORT,QUEUE)"');
      }
      const port = parseOfport(name!, ctx);
      if (port === undefined) throw new UserError(`${name}: enqueue to unknown port`);
      return { kind: "enqueue", port, queueId: parseU32(queue) };
    },
  },
};
