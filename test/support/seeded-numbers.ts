/** Numbers below what is asked for, always the same ones for a seed: small, and good enough to shuffle. */
export function seededNumbers(seed: number): (below: number) => number {
  let state = seed * 2654435761;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    state ^= state >>> 12;
    return (state >>> 0) % below;
  };
}
