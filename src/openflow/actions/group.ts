import { OF10, OF11, only, since } from "../version.js";
import type { ActionRow } from "./action.js";
import { parseU32 } from "./argument.js";
import { numberForm, nx, of } from "./wire-form.js";

/** Gives the packet to a group. */
export interface Group {
  readonly kind: "group";
  readonly groupId: number;
}

const make = (groupId: number): Group => ({ kind: "group", groupId });

export const group: ActionRow<Group> = {
  kind: "group",
  wire: [
    numberForm([nx(only(OF10), 40)], 32, 2, (a) => a.groupId, make),
    numberForm([of(since(OF11), 22)], 32, 0, (a) => a.groupId, make),
  ],
  format: ({ groupId }) => `group:${groupId}`,
  parse: { group: (text) => make(parseU32(text)) },
};
