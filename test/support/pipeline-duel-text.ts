/** Lines of which switches have no order: flows, groups, meters, ports, connections. */
const unordered = /^ (cookie|group_id|meter_id)=|^(recirc_id\(|ufid:|\w+,orig=\(| ?meter[:=]| {2}port )/;

const recirculations = /\b(recirc(?:_id)?[(=])(0x[0-9a-f]+|\d+)/g;

/**
 * Takes from what a step printed what two switches cannot have alike, and sorts what has no order. Recirculation ids are numbered in
 * `known` as they appear.
 */
export function comparable(text: string, known: Map<number, string>): string {
  const plain = text
    // The two lines of a port are one.
    .replace(/\n {11}(?=tx pkts|duration)/g, " ")
    .replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\|\d+\|/gm, "<time>|")
    .replace(/ufid:\S+, /g, "")
    .replace(/, dp-extra-info:miniflow_bits\([\d,]+\)/g, "");
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
