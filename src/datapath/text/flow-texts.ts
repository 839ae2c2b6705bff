import { OdpKeyTexts } from "#flow/odp-key-texts.js";
import type { OdpTextOptions } from "#flow/odp-text.js";
import type { DatapathAction } from "../actions.js";
import type { DatapathFlow } from "../datapath.js";
import { someAction } from "../nested-actions.js";
import { formatDatapathActions } from "./action-text.js";

/** Lists of actions whose texts are kept. */
const MOST_LISTS = 1024;

/** Writes many flows one after the other, none of which changes meanwhile. */
export class FlowTexts {
  readonly #options: OdpTextOptions;
  readonly #keys: OdpKeyTexts;
  /** Texts of lists that are the same for all keys. */
  readonly #lists = new Map<readonly DatapathAction[], string>();

  constructor(options: OdpTextOptions) {
    this.#options = options;
    this.#keys = new OdpKeyTexts(options);
  }

  /** As `formatOdpKey`. */
  match({ key, mask }: Pick<DatapathFlow, "key" | "mask">): string {
    return this.#keys.format(key, mask);
  }

  /** As `formatDatapathActions`. */
  actions({ key, actions }: Pick<DatapathFlow, "key" | "actions">): string {
    const known = this.#lists.get(actions);
    if (known !== undefined) return known;
    const text = formatDatapathActions(actions, { ...this.#options, key });
    if (this.#lists.size < MOST_LISTS && !someAction(actions, ({ kind }) => kind === "set"))
      this.#lists.set(actions, text);
    return text;
  }
}
