import type { Action } from "./action.js";

/** The name of the field that an action writes; empty for actions that write none, or none by its name. */
export function writtenField(action: Action): string {
  if (action.kind === "set_field") return action.field.name;
  return action.kind === "load" || action.kind === "move" ? action.destination.field.name : "";
}
