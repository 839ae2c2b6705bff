/** How a bundle is done: all or nothing, in its order. */
export const BundleFlag = { atomic: 1, ordered: 2 } as const;

/** `atomic ordered`; `0` for none; what is unknown as a number. */
export function formatBundleFlags(flags: number): string {
  const words: string[] = [];
  if ((flags & BundleFlag.atomic) !== 0) words.push("atomic");
  if ((flags & BundleFlag.ordered) !== 0) words.push("ordered");
  const unknown = flags & ~(BundleFlag.atomic | BundleFlag.ordered);
  if (unknown !== 0) words.push(`0x${unknown.toString(16)}`);
  return words.length === 0 ? "0" : words.join(" ");
}
