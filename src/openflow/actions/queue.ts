import { always, OF10, OF11, only, since } from "../version.js";
import type { ActionRow } from "./action.js";
import { parseU32 } from "./argument.js";
import { bare, numberForm, nx, of } from "./wire-form.js";

/** Chooses the queue of later outputs. */
export interface SetQueue {
  readonly kind: "set_queue";
  readonly queueId: number;
}

/** Goes back to the queue there was before set_queue. */
export interface PopQueue {
  readonly kind: "pop_queue";
}

const make = (queueId: number): SetQueue => ({ kind: "set_queue", queueId });

export const setQueue: ActionRow<SetQueue> = {
  kind: "set_queue",
  wire: [
    numberForm([nx(only(OF10), 4)], 32, 2, (a) => a.queueId, make),
    numberForm([of(since(OF11), 21)], 32, 0, (a) => a.queueId, make),
  ],
  format: ({ queueId }) => `set_queue:${queueId}`,
  parse: { set_queue: (text) => make(parseU32(text)) },
};

export const popQueue: ActionRow<PopQueue> = {
  kind: "pop_queue",
  wire: [bare({ kind: "pop_queue" }, nx(always, 5))],
  format: () => "pop_queue",
  parse: { pop_queue: () => ({ kind: "pop_queue" }) },
};
