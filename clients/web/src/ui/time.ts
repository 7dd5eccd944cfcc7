const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "long", month: "long", day: "numeric" });
const withYear = new Intl.DateTimeFormat(undefined, { year: "numeric", month: "long", day: "numeric" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const short = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const numbers = new Intl.NumberFormat();

const clocks = new Map<string, string>();

/** The time of day. Kept by the minute: a row that is scrolled to again must cost nothing. */
export function timeText(iso: string): string {
  const minute = iso.slice(0, 16);
  let text = clocks.get(minute);
  if (text === undefined) {
    if (clocks.size > 5000) clocks.clear();
    text = clock.format(new Date(iso));
    clocks.set(minute, text);
  }
  return text;
}

export const fullText = (iso: string) => full.format(new Date(iso));
export const dateText = (iso: string) => short.format(new Date(iso));
export const numberText = (n: number) => numbers.format(n);

/** The local calendar day, as a key. */
export function dayOf(iso: string): string {
  const d = new Date(iso);
  return `${d.getFullYear()}-${d.getMonth() + 1}-${d.getDate()}`;
}

/** The day as a divider says it: Today, Yesterday, Monday, October 5, or with the year. */
export function dayText(iso: string, now = new Date()): string {
  const day = new Date(iso);
  const midnight = (d: Date) => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();
  const ago = Math.round((midnight(now) - midnight(day)) / 86_400_000);
  if (ago === 0 || ago === 1) {
    const text = relative.format(-ago, "day");
    return text[0]?.toUpperCase() + text.slice(1);
  }
  return day.getFullYear() === now.getFullYear() ? weekday.format(day) : withYear.format(day);
}
