const SIMPLE: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** The string that `body`, the part between the quotes of a JSON string, stands for; or what is wrong with it. */
export function unescapeJsonString(body: string): { readonly text: string } | { readonly fault: string } {
  let text = "";
  for (let at = 0; at < body.length; ) {
    const c = body[at]!;
    if (c === '"') return { fault: 'quoted string may not include unescaped "' };
    if (c !== "\\") {
      text += c;
      at++;
      continue;
    }
    const letter = body[at + 1];
    if (letter === undefined) return { fault: "backslash at end of quoted string" };
    if (letter === "u") {
      const unicode = unicodeEscape(body, at);
      if ("fault" in unicode) return unicode;
      text += unicode.text;
      at += unicode.length;
      continue;
    }
    const simple = SIMPLE[letter];
    if (simple === undefined) return { fault: `bad escape \\${letter}` };
    text += simple;
    at += 2;
  }
  return { text };
}

/** Reads `\uXXXX` at `at`, with the second half of a surrogate pair if it begins one. */
function unicodeEscape(body: string, at: number): { text: string; length: number } | { fault: string } {
  const first = hex4(body, at + 2);
  if (typeof first === "string") return { fault: first };
  if (first === 0) return { fault: "null bytes not supported in quoted strings" };
  if (first < 0xd800 || first > 0xdbff) return { text: String.fromCharCode(first), length: 6 };
  if (body[at + 6] !== "\\" || body[at + 7] !== "u") return { fault: "malformed escaped surrogate pair" };
  const second = hex4(body, at + 8);
  if (typeof second === "string") return { fault: second };
  if (second < 0xdc00 || second > 0xdfff) {
    return { fault: "second half of escaped surrogate pair is not trailing surrogate" };
  }
  return { text: String.fromCharCode(first, second), length: 12 };
}

function hex4(body: string, at: number): number | string {
  const digits = body.slice(at, at + 4);
  if (digits.length < 4) return "quoted string ends within \\u escape";
  return /^[0-9a-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : "malformed \\u escape";
}
