/** Lines of which switches have no order: flows, groups, meters, ports, connections. */
const unordered =
  /^ (cookie|group_id|meter_id)=|^(.*, packets:\d+, bytes:|(table_id=\d+, )?duration=|\w+,orig=\(| ?meter[:=]| {2}port )/;

const recirculations = /\b(recirc(?:_id)?[(=])(0x[0-9a-f]+|\d+)/g;

/** How two switches' texts are made comparable. */
export interface Spelling {
  /** Names of recirculation ids, as they appear. */
  readonly known: Map<number, string>;
  /** Ports that outputs follow each other to have no order. */
  readonly outputs: boolean;
}

/**
 * Takes from what a step printed what two switches cannot have alike, and sorts what has no order.
 */
export function comparable(text: string, { known, outputs }: Spelling): string {
  const plain = text
    // The lines of a port are one.
    .replace(/\n {11,}/g, " ")
    .replace(/^Software: \d+\.\d+\.\d+$/gm, "Software: <release>")
    .replace(/(failed to) (?:connect to|open) socket \(.*\)/g, "$1 connect")
    .replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\|\d+\|/gm, "<time>|")
    .replace(/ufid:\S+, /g, "")
    .replace(/, dp-extra-info:miniflow_bits\([\d,]+\)/g, "")
    .replace(/(?<=actions: ?)\S+$/gm, (actions) => (outputs ? withoutOrder(actions) : actions));
  return sorted(plain.split("\n"))
    .join("\n")
    .replace(recirculations, (_, before: string, number: string) => `${before}${named(Number(number), known)}`);
}

function named(number: number, known: Map<number, string>): string {
  if (number === 0) return "0";
  if (!known.has(number)) known.set(number, `R${known.size + 1}`);
  return known.get(number)!;
}

/** Sorts the lines without an order among the places they have. */
function sorted(lines: readonly string[]): string[] {
  const key = (line: string): string => line.replace(recirculations, "$1?");
  const these = lines
    .filter((line) => unordered.test(line))
    .sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
  return lines.map((line) => (unordered.test(line) ? these.shift()! : line));
}

/** Datapath actions that end in ports and changes of tags: there each port with the tags it gets, in the order of ports. */
function withoutOrder(actions: string): string {
  const steps = actions.match(/\w+(\((?:[^()]|\([^()]*\))*\))?/g) ?? [];
  if (steps.join(",") !== actions) return actions;
  const isOutput = (step: string): boolean => /^(\d+|push_vlan\(.*|pop_vlan)$/.test(step);
  const from = steps.length - [...steps].reverse().findIndex((step) => !isOutput(step));
  const first = from > steps.length ? 0 : from;
  const tags: string[] = [];
  const sent: string[] = [];
  for (const step of steps.slice(first)) {
    if (/^\d+$/.test(step)) sent.push([...tags, step].join(" "));
    else if (step === "pop_vlan" && tags.at(-1)?.startsWith("push")) tags.pop();
    else tags.push(step);
  }
  return [...steps.slice(0, first), sent.sort().join(" | ")].join(",");
}
