import type { PortNames } from "#openflow/port-number.js";
import type { BridgeState } from "../bridge-state.js";

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

  /** How the ports of a bridge are written. */
  ports({ ports }: BridgeState): PortNames {
    return this.#names ? { portName: (number) => ports.get(number)?.name } : {};
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
  const flat = nodes.flatMap(beside);
  return flat.map((node, i) => formatNode(node, level, i < flat.length - 1 ? 1 : 0)).join("");
}

/** An action with what stands beside it. */
function beside(node: TraceNode): readonly TraceNode[] {
  return node.kind === "action" ? [{ ...node, children: [] }, ...node.children.flatMap(beside)] : [node];
}

function formatNode({ kind, text, children }: TraceNode, level: number, more: 0 | 1): string {
  const line = (indent: number): string => `${" ".repeat(4 * indent)}${text}\n`;
  switch (kind) {
    case "bridge": {
      const pad = " ".repeat(4 * (level + more));
      const title = `\n${pad}bridge("${text}")\n${pad}${"-".repeat(text.length + 10)}\n`;
      return title + formatTrace(children, level + 2 * more);
    }
    case "table":
    case "action_set":
      return line(level + more) + formatTrace(children, level + 2 * more);
    case "bucket":
      return line(level + 1) + formatTrace(children, level + 2);
    case "thaw":
      return line(level + 1) + formatTrace(children, level + 1);
    default:
      return line(level + 1);
  }
}
