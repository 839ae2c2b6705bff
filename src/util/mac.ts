/** Reads `xx:xx:xx:xx:xx:xx` (one or two hex digits each); undefined where the text is not an Ethernet address. */
export function parseMac(text: string): Uint8Array | undefined {
  const parts = text.split(":");
  if (parts.length !== 6 || !parts.every((p) => /^[0-9a-fA-F]{1,2}$/.test(p))) return undefined;
  return Uint8Array.from(parts, (p) => Number.parseInt(p, 16));
}

/** The six bytes at `at` as `xx:xx:xx:xx:xx:xx`. */
export function formatMac(bytes: Uint8Array, at = 0): string {
  let text = "";
  for (let i = 0; i < 6; i++) text += (i === 0 ? "" : ":") + (bytes[at + i] ?? 0).toString(16).padStart(2, "0");
  return text;
}
