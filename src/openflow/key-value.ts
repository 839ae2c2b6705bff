/** A word of OpenFlow text with its argument: of `a:b`, `a=b` and `a(b)` the argument is `b`. */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
  /** The word as it was written. */
  readonly whole: string;
}

const SEPARATORS = ", \t\r\n";

/**
 * Cuts text into words with arguments, between commas or blanks. In an argument, parentheses keep what they hold together. `a(b)->c`
 * has the argument `b)->c`.
 */
export function parseKeyValues(text: string): KeyValue[] {
  const found: KeyValue[] = [];
  let at = 0;
  const argument = (from: number): number => {
    let depth = 0;
    let end = from;
    for (; end < text.length; end++) {
      const c = text[end]!;
      if (c === "(") depth++;
      else if (c === ")" && depth > 0) depth--;
      else if (depth === 0 && SEPARATORS.includes(c)) break;
    }
    return end;
  };
  while (true) {
    while (at < text.length && SEPARATORS.includes(text[at]!)) at++;
    if (at >= text.length) return found;
    const start = at;
    while (at < text.length && !`${SEPARATORS}:=(`.includes(text[at]!)) at++;
    const key = text.slice(start, at);
    const delimiter = text[at];
    let value = "";
    if (delimiter === ":" || delimiter === "=") {
      const end = argument(at + 1);
      value = text.slice(at + 1, end);
      at = end;
    } else if (delimiter === "(") {
      const close = closing(text, at + 1);
      const end = text.startsWith("->", close + 1) ? argument(close + 1) : close;
      value = text.slice(at + 1, end);
      at = end === close ? close + 1 : end;
    }
    found.push({ key, value, whole: text.slice(start, at) });
  }
}

/** Where the parenthesis that was opened before `from` is closed; the text's end where it is not. */
function closing(text: string, from: number): number {
  let depth = 1;
  for (let i = from; i < text.length; i++) {
    if (text[i] === "(") depth++;
    else if (text[i] === ")" && --depth === 0) return i;
  }
  return text.length;
}
