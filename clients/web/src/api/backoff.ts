const FIRST = 500;
const LONGEST = 30_000;

/**
 * The wait before the next try, in milliseconds: full jitter between half a second
 * and a ceiling that doubles from one second to thirty, and never less than what
 * the server asked for.
 */
export function backoff(attempt: number, atLeast = 0, random: () => number = Math.random): number {
  const ceiling = Math.min(LONGEST, 2 * FIRST * 2 ** attempt);
  return atLeast + FIRST + random() * (ceiling - FIRST);
}
