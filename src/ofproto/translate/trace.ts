import type { Action } from "#openflow/actions/action.js";
import { formatAction } from "#openflow/actions/table.js";
import { formatMatch } from "#openflow/match-text.js";
import type { PortNames } from "#openflow/port-number.js";
import type { BridgeState } from "../bridge-state.js";
import type { Rule } from "../tables/rule.js";

/** The flow that a packet was given in a table; `rule` is null where there was none. */
export type TracedLookup = {
  readonly table: number;
  readonly rule: { readonly match: string; readonly priority: number; readonly cookie: string } | null;
};

/** One step of a translation, as `ofproto/trace` shows it. `lookup` is of tables only. */
export type TraceNode = {
  readonly kind: "bridge" | "table" | "action" | "action_set" | "bucket" | "thaw" | "detail";
  readonly text: string;
  readonly lookup?: TracedLookup;
  readonly children: TraceNode[];
};

/** Texts of what has been traced before. Neither actions nor the matches of flows change. */
const actionTexts = new WeakMap<Action, string>();
const matchTexts = new WeakMap<Rule, string>();

function remembered<T extends object>(texts: WeakMap<T, string>, of: T, format: (of: T) => string): string {
  let text = texts.get(of);
  if (text === undefined) texts.set(of, (text = format(of)));
  return text;
}

function names({ ports }: BridgeState): PortNames {
  return { portName: (number) => ports.get(number)?.name };
}

/** Records the steps of one translation as a tree. Translation does the same without one. */
export class Trace {
  readonly roots: TraceNode[] = [];
  /** A what-if: the packet teaches the switch nothing, and the translation is made as if it did not. */
  readonly withoutEffects: boolean;
  readonly #names: boolean;
  readonly #open: TraceNode[] = [];

  /** `names`: ports go by their names. */
  constructor(options: { withoutEffects: boolean; names?: boolean }) {
    this.withoutEffects = options.withoutEffects;
    this.#names = options.names ?? false;
  }

  /** An action's text. */
  actionText(action: Action, bridge: BridgeState): string {
    return this.#names ? formatAction(action, names(bridge)) : remembered(actionTexts, action, formatAction);
  }

  /** The text of a flow's match. */
  matchText(rule: Rule, bridge: BridgeState): string {
    return this.#names
      ? formatMatch(rule.match, names(bridge))
      : remembered(matchTexts, rule, (r) => formatMatch(r.match));
  }

  /** Begins a step; later ones are inside it until `leave`. */
  enter(kind: TraceNode["kind"], text: string, lookup?: TracedLookup): void {
    const node: TraceNode = lookup === undefined ? { kind, text, children: [] } : { kind, text, lookup, children: [] };
    this.#siblings().push(node);
    this.#open.push(node);
  }

  leave(): void {
    this.#open.pop();
  }

  /** A step without steps inside. */
  note(text: string): void {
    this.#siblings().push({ kind: "detail", text, children: [] });
  }

  #siblings(): TraceNode[] {
    return this.#open.at(-1)?.children ?? this.roots;
  }
}

/**
 * The tree as Open vSwitch prints it. What an action leads to stands beside it, not inside: a table or bridge that something follows is set in by one step and
 * what is in it by two more, the last one not at all.
 */
export function formatTrace(nodes: readonly TraceNode[], level = 0): string {
  let text = "";
  for (let i = 0; i < nodes.length; i++) text += formatNode(nodes[i]!, level, i < nodes.length - 1);
  return text;
}

/** `isFollowed`: something stands beside the step, behind it. */
function formatNode(node: TraceNode, level: number, isFollowed: boolean): string {
  const { kind, text, children } = node;
  const more = isFollowed ? 1 : 0;
  switch (kind) {
    case "bridge": {
      const pad = indent(level + more);
      const title = `\n${pad}bridge("${text}")\n${pad}${"-".repeat(text.length + 10)}\n`;
      return title + formatTrace(children, level + 2 * more);
    }
    case "table":
    case "action_set":
      return `${indent(level + more)}${text}\n${formatTrace(children, level + 2 * more)}`;
    case "action": {
      let all = `${indent(level + 1)}${text}\n`;
      for (let i = 0; i < children.length; i++) {
        all += formatNode(children[i]!, level, isFollowed || i < children.length - 1);
      }
      return all;
    }
    case "bucket":
      return `${indent(level + 1)}${text}\n${formatTrace(children, level + 2)}`;
    case "thaw":
      return `${indent(level + 1)}${text}\n${formatTrace(children, level + 1)}`;
    default:
      return `${indent(level + 1)}${text}\n`;
  }
}

const indents: readonly string[] = Array.from({ length: 16 }, (_, level) => "    ".repeat(level));

function indent(level: number): string {
  return indents[level] ?? "    ".repeat(level);
}
