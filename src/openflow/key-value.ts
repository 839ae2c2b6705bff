/** A word of OpenFlow text with its argument: of `a:b`, `a=b` and `a(b)` the argument is `b`. */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
  /** The word as it was written. */
  readonly whole: string;
}

const [TAB, NEWLINE, RETURN, SPACE, COMMA, COLON, EQUALS, OPEN, CLOSE] = [9, 10, 13, 32, 44, 58, 61, 40, 41];

function isSeparator(code: number): boolean {
  return code === COMMA || code === SPACE || code === TAB || code === NEWLINE || code === RETURN;
}

/**
 * Cuts text into words with arguments, between commas or blanks. In an argument, parentheses keep what they hold together. `a(b)->c`
 * has the argument `b)->c`.
 */
export function parseKeyValues(text: string): KeyValue[] {
  const found: KeyValue[] = [];
  const length = text.length;
  let at = 0;
  while (true) {
    while (at < length && isSeparator(text.charCodeAt(at))) at++;
    if (at >= length) return found;
    const start = at;
    let code = text.charCodeAt(at);
    while (at < length && !isSeparator(code) && code !== COLON && code !== EQUALS && code !== OPEN) {
      code = text.charCodeAt(++at);
    }
    const key = text.slice(start, at);
    let value = "";
    if (at < length && (code === COLON || code === EQUALS)) {
      const end = argumentEnd(text, at + 1);
      value = text.slice(at + 1, end);
      at = end;
    } else if (at < length && code === OPEN) {
      const close = closing(text, at + 1);
      const end = text.startsWith("->", close + 1) ? argumentEnd(text, close + 1) : close;
      value = text.slice(at + 1, end);
      at = end === close ? close + 1 : end;
    }
    found.push({ key, value, whole: text.slice(start, at) });
  }
}

/** Where the argument that begins at `from` ends: at a separator outside of parentheses. */
function argumentEnd(text: string, from: number): number {
  let depth = 0;
  let end = from;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code === OPEN) depth++;
    else if (code === CLOSE && depth > 0) depth--;
    else if (depth === 0 && isSeparator(code)) break;
  }
  return end;
}

/** Where the parenthesis that was opened before `from` is closed; the text's end where it is not. */
function closing(text: string, from: number): number {
  let depth = 1;
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === OPEN) depth++;
    else if (code === CLOSE && --depth === 0) return i;
  }
  return text.length;
}
