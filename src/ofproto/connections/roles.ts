import { OfpError } from "#openflow/ofp-error.js";
import { OF13 } from "#openflow/version.js";
import type { Role } from "./connection.js";
import type { ControllerConnection } from "./controller-connection.js";

/** OFPCRR_MASTER_REQUEST. */
const PRIMARY_REQUEST = 0;

/** Who is in charge among a bridge's connections: at most one is primary, and older generations of requests are refused. */
export class Roles {
  /** The latest generation; undefined before the first. */
  generationId: bigint | undefined;

  /**
   * Gives a connection a role; where that is to be the primary, those that were become secondary, and are told. Throws `OfpError` OFPRRFC_STALE where the
   * generation is older than the latest.
   */
  set(
    connection: ControllerConnection,
    role: Role,
    generationId: bigint | undefined,
    all: Iterable<ControllerConnection>,
  ): void {
    if (role !== "equal" && generationId !== undefined) {
      if (this.generationId !== undefined && BigInt.asIntN(64, generationId - this.generationId) < 0n) {
        throw new OfpError("OFPRRFC_STALE");
      }
      this.generationId = generationId;
    }
    if (role === "primary") {
      for (const other of all) if (other !== connection && other.role === "primary") this.#demote(other);
    }
    connection.role = role;
  }

  #demote(connection: ControllerConnection): void {
    connection.role = "secondary";
    // Upstream's masks have nothing to say about this one.
    if (connection.version < OF13) return;
    connection.notify({
      kind: "role_status",
      role: "secondary",
      ...(this.generationId === undefined ? {} : { generationId: this.generationId }),
      reason: PRIMARY_REQUEST,
    });
  }
}
