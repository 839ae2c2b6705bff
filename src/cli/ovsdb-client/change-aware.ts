import { UserError } from "#util/errors.js";
import type { Peer } from "./peer.js";

/** Tells the server that we know databases to come and go. Old servers do not understand, which is no matter. */
export async function tellChangeAware(peer: Peer): Promise<void> {
  try {
    await peer.request("set_db_change_aware", [true]);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
  }
}
