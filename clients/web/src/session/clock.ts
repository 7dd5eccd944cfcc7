/** The time of day in a zone, and how far it is from here: "14:05 (2 h ahead)". */
export function clockIn(zone: string, now = new Date()): string {
  try {
    const text = new Intl.DateTimeFormat(undefined, { timeZone: zone, hour: "numeric", minute: "2-digit" }).format(now);
    const minutes = offset(zone, now) + now.getTimezoneOffset();
    if (minutes === 0) return text;
    const hours = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 }).format(Math.abs(minutes) / 60);
    return `${text} (${hours} h ${minutes > 0 ? "ahead" : "behind"})`;
  } catch {
    return zone; // a zone that this browser does not know
  }
}

/** Minutes east of UTC. */
function offset(zone: string, now: Date): number {
  const parts = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" }).formatToParts(now);
  const [, sign, hours, minutes] =
    /GMT([+-])(\d+):(\d+)/.exec(parts.find((p) => p.type === "timeZoneName")?.value ?? "") ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0));
}
