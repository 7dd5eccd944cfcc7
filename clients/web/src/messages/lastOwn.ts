import type { Message } from "../api/types";
import type { Outgoing, Timeline } from "../store/state";

/**
 * The message that one wrote last, to be changed. None while that is on its way, or not known: an older one would be
 * changed in its place, by somebody who sees the newest before them.
 */
export function lastOwn(timeline: Timeline | undefined, outgoing: Outgoing[], me: string): Message | undefined {
  if (!timeline || timeline.has_after || timeline.stale) return undefined;
  const own = timeline.messages.filter((m) => m.author.id === me && m.kind === "user");
  const arrived = new Set(own.map((m) => m.client_msg_id));
  if (outgoing.some((entry) => entry.state !== "failed" && !arrived.has(entry.client_msg_id))) return undefined;
  return own.findLast((m) => !m.deleted_at);
}
