import { BugError, UserError } from "#util/errors.js";
import { type KeyValue, parseKeyValues } from "../key-value.js";
import { OFPP, type PortNames, parseOfport } from "../port-number.js";
import type { Action, ActionParseContext, ActionRow } from "./action.js";
import { toController } from "./controller.js";
import { checkInstructionOrder, isInstruction } from "./instructions.js";
import { actionRows } from "./table.js";
import { writtenField } from "./written-field.js";

/** Actions in actions are read to this depth. */
const DEEPEST = 99;

type Reader = ActionRow<Action>["parse"][string];

const readers = new Map<string, Reader>();
for (const row of Object.values(actionRows)) {
  for (const [name, read] of Object.entries(row.parse)) {
    if (readers.has(name)) throw new BugError(`two actions are called ${name}`);
    readers.set(name, read);
  }
}

/**
 * Reads actions and instructions as ovs-ofctl(8) has them, between commas or blanks; `drop` or nothing for none. Throws `UserError` in
 * upstream's words.
 */
export function parseActions(text: string, ports: PortNames = {}): Action[] {
  return parseList(text, ports, undefined);
}

/** As `parseActions`, for a place where no instruction may stand, as in a group's bucket. */
export function parseOnlyActions(text: string, ports: PortNames = {}): Action[] {
  return parseList(text, ports, undefined, false);
}

/** Checks what only some may hold, and the order of instructions. Throws `UserError`. */
function verify(actions: readonly Action[], within: string | undefined, mayInstruct: boolean): void {
  checkConjunctions(actions);
  let last: Action | undefined;
  for (const action of actions) {
    if (within !== "ct" && isConnectionField(writtenField(action))) {
      throw new UserError("cannot set CT fields outside of ct action");
    }
    if (within !== "ct" && action.kind === "nat") throw new UserError('Cannot have NAT action outside of "ct" action');
    if (!mayInstruct && isInstruction(action)) throw new UserError(`${action.kind} instruction not allowed here`);
    if (within === undefined) {
      checkInstructionOrder(last, action);
      last = action;
    } else {
      if (action.kind === "meter") throw new UserError(`${within} action doesn't support nested action meter`);
    }
  }
}

/** What actions may write of a connection; its other fields are read-only, which is said later. */
const isConnectionField = (name: string): boolean => name === "ct_mark" || name === "ct_label";

function parseList(
  text: string,
  ports: PortNames,
  within: string | undefined,
  mayInstruct: boolean = within === undefined,
  depth = 0,
): Action[] {
  if (depth > DEEPEST) throw new UserError("Action nested too deeply");
  const words = parseKeyValues(text);
  if (words.some(isDrop)) {
    if (words.length === 1) return [];
    throw new UserError('"drop" must not be accompanied by any other action or instruction');
  }
  const ctx = new ParseContext(ports, depth);
  const actions: Action[] = [];
  for (let i = 0; i < words.length; i++) actions.push(parseWord(words[i]!, ctx));
  verify(actions, within, mayInstruct);
  return actions;
}

const isDrop = ({ key }: KeyValue): boolean => key.length === 4 && key.toLowerCase() === "drop";

/** What readers of actions are given. */
class ParseContext implements ActionParseContext {
  readonly portName: PortNames["portName"];
  readonly portNumber: PortNames["portNumber"];
  declare readonly tableNumber?: NonNullable<PortNames["tableNumber"]>;
  declare readonly warn?: NonNullable<PortNames["warn"]>;
  readonly #ports: PortNames;
  readonly #depth: number;

  constructor(ports: PortNames, depth: number) {
    this.portName = ports.portName;
    this.portNumber = ports.portNumber;
    if (ports.tableNumber !== undefined) this.tableNumber = ports.tableNumber;
    if (ports.warn !== undefined) this.warn = ports.warn;
    this.#ports = ports;
    this.#depth = depth;
  }

  parseActions(text: string, within: string): Action[] {
    return parseList(text, this.#ports, within, false, this.#depth + 1);
  }
}

function parseWord({ key, value }: KeyValue, ctx: ActionParseContext): Action {
  const known = readers.get(key);
  if (known !== undefined) return known(value, ctx);
  const name = key.toLowerCase();
  const read = readers.get(name);
  if (read !== undefined) return read(value, ctx);
  if (name === "apply_actions") throw new UserError("apply_actions is the default instruction");
  const port = parseOfport(key, ctx);
  if (port === undefined) throw new UserError(`unknown action ${key}`);
  return port === OFPP.controller ? toController({}) : { kind: "output", port };
}

const isConjunction = (a: Action): boolean => a.kind === "conjunction";

function checkConjunctions(actions: readonly Action[]): void {
  if (!actions.some(isConjunction)) return;
  const other = actions.find((a) => a.kind !== "conjunction" && a.kind !== "note");
  if (other === undefined) return;
  throw new UserError(
    '"conjunction" actions may be used along with "note" but not any other kind of action ' +
      `(such as the "${other.kind === "load" ? "set_field" : other.kind}" action used here)`,
  );
}
