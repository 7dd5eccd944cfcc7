/** Backgrounds of avatars; white initials stand on each with at least 5.4:1. */
export const AVATAR_COLOURS = [
  "#4F46E5",
  "#1D63C4",
  "#0B7375",
  "#1A7442",
  "#66690B",
  "#95590A",
  "#B4480F",
  "#C02A37",
  "#B32272",
  "#8434BD",
  "#545B6B",
  "#7D5138",
] as const;

/** The colour of an id: the same one for everybody, everywhere. */
export function colourOf(id: string): string {
  let hash = 2166136261;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 16777619);
  return AVATAR_COLOURS[(hash >>> 0) % AVATAR_COLOURS.length] as string;
}

/** Up to two initials of a name, by user-perceived characters. */
export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const first = (word: string | undefined) => [...(word ?? "")][0]?.toUpperCase() ?? "";
  return words.length > 1 ? first(words[0]) + first(words.at(-1)) : first(words[0]) || "?";
}
