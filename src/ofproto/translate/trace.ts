/** One step of a translation, as `ofproto/trace` shows it. */
export type TraceNode = {
  readonly kind: "bridge" | "table" | "action" | "bucket" | "detail";
  readonly text: string;
  readonly children: TraceNode[];
};

/** Records the steps of one translation as a tree. Translation does the same without one. */
export class Trace {
  readonly roots: TraceNode[] = [];
  /** A what-if: the packet teaches the switch nothing, and the translation is made as if it did not. */
  readonly withoutEffects: boolean;
  readonly #open: TraceNode[] = [];

  constructor(options: { withoutEffects: boolean }) {
    this.withoutEffects = options.withoutEffects;
  }

  /** Begins a step; later ones are inside it until `leave`. */
  enter(kind: TraceNode["kind"], text: string): void {
    const node: TraceNode = { kind, text, children: [] };
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

/** The tree as Open vSwitch prints it. */
export function formatTrace(nodes: readonly TraceNode[]): string {
  return nodes.map((n) => formatNode(n, 0)).join("");
}

function formatNode(node: TraceNode, indent: number): string {
  const pad = " ".repeat(indent);
  switch (node.kind) {
    case "bridge": {
      const title = `\n${pad}bridge("${node.text}")\n${pad}${"-".repeat(node.text.length + 10)}\n`;
      return title + node.children.map((c) => formatNode(c, indent)).join("");
    }
    case "table":
      return `${pad}${node.text}\n${node.children.map((c) => formatNode(c, indent + 4)).join("")}`;
    case "action":
      return `${pad}${node.text}\n${node.children.map((c) => formatNode(c, indentInAction(c, indent))).join("")}`;
    case "bucket":
      return `${pad}${node.text}\n${node.children.map((c) => formatNode(c, indent + 8)).join("")}`;
    case "detail":
      return `${pad}${node.text}\n`;
  }
}

/** A table that an action leads to stands where the action's own table does. */
function indentInAction({ kind }: TraceNode, indent: number): number {
  if (kind === "bridge") return 0;
  return kind === "table" ? Math.max(0, indent - 4) : indent;
}
