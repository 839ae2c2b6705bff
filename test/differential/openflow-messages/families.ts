import { connection } from "./connection.js";
import type { MessageFamily } from "./harness.js";

/** The families that are compared. */
export const families: readonly MessageFamily[] = [connection];
