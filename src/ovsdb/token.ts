import { UserError } from "#util/errors.js";

const DELIMITERS = ":=, []{}!<>";

/** Whether the character at `at` ends a word of database text. The end of the text does too. */
export function isDelimiter(text: string, at: number): boolean {
  return at >= text.length || DELIMITERS.includes(text[at]!);
}

/** The position of the first character at or after `at` that is not a space. */
export function skipSpaces(text: string, at: number): number {
  while (text[at] === " ") at++;
  return at;
}

/** The end of the word that begins at `at`: up to a delimiter outside double quotes. */
export function tokenEnd(text: string, at: number): number {
  let quoted = false;
  let end = at;
  for (; end < text.length; end++) {
    const c = text[end]!;
    if (c === '"') quoted = !quoted;
    else if (quoted && c === "\\") {
      if (++end >= text.length) throw new UserError(`${text.slice(at)}: backslash at end of argument`);
    } else if (!quoted && DELIMITERS.includes(c)) break;
  }
  if (quoted) throw new UserError(`${text.slice(at)}: quoted string extends past end of argument`);
  return end;
}
