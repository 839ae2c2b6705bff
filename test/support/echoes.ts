/** Echo requests up to the last one that was answered, and how many of these were. */
export interface Echoes {
  readonly sent: number;
  readonly received: number;
}

/** Requests that may be on their way when `ping` is told to end. */
const IN_FLIGHT = 5;

/**
 * Reads what `ping` without `-q` has printed, its summary too. The few that it had sent last are left out where they were not answered: `ping` does not wait for that when it is told to end,
 * and with `-c` no longer than two round trips or its interval, whatever `-W` says.
 */
export function echoesOf(text: string): Echoes {
  const answered = answeredIn(text);
  const transmitted = Number(/(\d+) packets transmitted/.exec(text)![1]);
  return { sent: Math.max(transmitted - IN_FLIGHT, ...answered), received: answered.size };
}

/** Which of `count` echo requests were not answered, by their sequence numbers, the last one being left out for the same reason. */
export function unanswered(text: string, count: number): number[] {
  const answered = answeredIn(text);
  return Array.from({ length: count - 1 }, (_, i) => i + 1).filter((sequence) => !answered.has(sequence));
}

function answeredIn(text: string): Set<number> {
  return new Set([...text.matchAll(/icmp_seq=(\d+).*time=/g)].map(([, sequence]) => Number(sequence)));
}
