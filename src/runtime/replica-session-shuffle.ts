/** The elements in an order drawn by lot. `random` gives unpredictable bytes. */
export function shuffled<T>(elements: readonly T[], random: (size: number) => Uint8Array): T[] {
  const rest = [...elements];
  const order: T[] = [];
  while (rest.length > 0) {
    const bytes = random(4);
    const draw = ((bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!) >>> 0;
    order.push(...rest.splice(draw % rest.length, 1));
  }
  return order;
}
