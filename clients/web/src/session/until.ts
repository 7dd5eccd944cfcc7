/** After what time a status clears itself. */
export const UNTIL = [
  ["", "Don’t clear it"],
  ["30", "30 minutes"],
  ["60", "1 hour"],
  ["240", "4 hours"],
  ["day", "Today"],
  ["week", "This week"],
] as const;

export type Until = (typeof UNTIL)[number][0];

/** The moment that a choice means: minutes from now, or the end of the local day or week (Sunday). */
export function endOf(until: string, now = new Date()): string | null {
  if (until === "") return null;
  if (until !== "day" && until !== "week") return new Date(now.getTime() + Number(until) * 60_000).toISOString();
  const days = until === "day" ? 1 : 1 + ((7 - now.getDay()) % 7);
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days).toISOString();
}
