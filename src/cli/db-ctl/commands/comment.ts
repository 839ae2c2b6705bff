import type { CtlCommand } from "../command.js";

/** `comment [ARG]...`: does nothing; the arguments stand in the database's log with the rest of the command line. */
export const comment: CtlCommand = {
  name: "comment",
  minArgs: 0,
  maxArgs: Number.POSITIVE_INFINITY,
  arguments: "*ARG",
  options: [],
  run() {},
};
