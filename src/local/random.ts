/** Mulberry32: numbers from 0 to 1 that a seed determines. They need not be good, only the same. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A seed that nobody chose. */
export function anySeed(): number {
  return Math.floor(Math.random() * 2 ** 32);
}
