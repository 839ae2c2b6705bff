/** Bytes sixteen to a line, as Open vSwitch dumps them: offset, hexadecimal, characters. Each line ends. */
export function hexDump(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 16) text += hexLine(bytes.subarray(at, at + 16), at);
  return text;
}

function hexLine(bytes: Uint8Array, offset: number): string {
  let hex = "";
  let characters = "";
  for (let i = 0; i < 16; i++) {
    const byte = bytes[i];
    // A dash parts the halves where the first is whole.
    const after = i === 7 && bytes.length >= 8 ? "-" : " ";
    hex += byte === undefined ? `  ${after}` : `${byte.toString(16).padStart(2, "0")}${after}`;
    characters += byte === undefined ? " " : byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".";
  }
  return `${offset.toString(16).padStart(8, "0")}  ${hex}|${characters}|\n`;
}

/** Bytes sixteen to a line, offset and hexadecimal alone. Each line ends. */
export function plainHexDump(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 16) {
    text += `${at.toString(16).padStart(8, "0")} `;
    const end = Math.min(at + 16, bytes.length);
    for (let i = at; i < end; i++) text += (i === at + 8 ? "-" : " ") + twoDigits[bytes[i]!]!;
    text += end === at + 8 ? "-\n" : "\n";
  }
  return text;
}

const twoDigits: readonly string[] = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, "0"));

/** As `plainHexDump`, without a dash where a line ends at its middle: what commands print. */
export function bareHexDump(bytes: Uint8Array): string {
  return plainHexDump(bytes).replace(/-$/gm, "");
}
