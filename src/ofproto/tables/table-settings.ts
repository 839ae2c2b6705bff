import { fieldByName } from "#flow/fields/table.js";
import { parseSubfield, type Subfield } from "#openflow/subfield.js";
import { UserError } from "#util/errors.js";

/** How a flow table is configured by the operator: a row of Flow_Table. */
export interface FlowTableSettings {
  /** Undefined for none. */
  readonly name?: string | undefined;
  /** The most flows it takes; undefined for as many as come. */
  readonly flowLimit?: number | undefined;
  /** Whether flows make room for others where it is full. */
  readonly evicts?: boolean;
  /** Who of them do: of the largest group of flows with the same values in these. */
  readonly groups?: readonly Subfield[];
  /** Names of the fields whose prefixes lookups track. */
  readonly prefixes?: readonly string[] | undefined;
}

/** Fields whose prefixes are tracked where nothing else is said. */
export const defaultPrefixes: readonly string[] = ["ip_dst", "ip_src"];

/** Names of the fields whose prefixes can be tracked. */
const trackable: ReadonlySet<string> = new Set([
  ...["tun_id", "tun_src", "tun_dst", "tun_ipv6_src", "tun_ipv6_dst"],
  ...["ip_src", "ip_dst", "ipv6_src", "ipv6_dst"],
]);

/** The most fields of one table. */
const MOST_PREFIXES = 3;

/**
 * Reads Flow_Table:prefixes. Undefined where the table keeps the fields it has by default; none at all for `none`. What is not a field, or not one of
 * addresses, is told to `warn` and left out.
 */
export function readPrefixes(names: readonly string[], warn: (text: string) => void): readonly string[] | undefined {
  const found: string[] = [];
  for (const name of names) {
    if (name === "none") return [];
    const field = fieldByName(name);
    if (field === undefined) warn(`'prefixes' with unknown field: ${name}`);
    else if (!trackable.has(field.name)) warn(`'prefixes' with incompatible field: ${name}`);
    else if (found.length < MOST_PREFIXES) found.push(field.name);
  }
  return found.length === 0 ? undefined : found;
}

/** Reads Flow_Table:groups; what is no field is told to `warn` and left out. */
export function readGroups(texts: readonly string[], warn: (text: string) => void): readonly Subfield[] {
  return texts.flatMap((text) => {
    try {
      return [parseSubfield(text)];
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      warn(error.message);
      return [];
    }
  });
}
