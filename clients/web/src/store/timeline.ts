import type { Message } from "../api/types";
import type { Timeline } from "./state";

/** The index of the first message at or after a position. */
export function lowerBound(messages: readonly Message[], position: number): number {
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((messages[middle] as Message).position < position) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Of two states of one message the later one. */
export function newer(a: Message, b: Message): Message {
  return b.version > a.version ? b : a;
}

/**
 * Puts one message into a timeline: in place of an older version, or at the end
 * when it continues the stretch. What would leave a gap marks the timeline stale;
 * what lies outside of the stretch is left out, to be fetched when scrolled to.
 */
export function put(timeline: Timeline, message: Message): Timeline {
  const { messages } = timeline;
  const at = lowerBound(messages, message.position);
  const known = messages[at];
  if (known && known.position === message.position) {
    const kept = newer(known, message);
    return kept === known ? timeline : { ...timeline, messages: messages.with(at, kept) };
  }
  if (at < messages.length || timeline.has_after) return timeline;
  const last = messages.at(-1);
  if (last && message.position > last.position + 1) return { ...timeline, stale: true };
  return { ...timeline, messages: [...messages, message] };
}

interface Stretch {
  data: Message[];
  has_before: boolean;
  has_after: boolean;
}

/**
 * Joins a fetched stretch to a timeline: they are merged when they touch or
 * overlap, otherwise the stretch takes the timeline's place. Versions win over
 * order of arrival.
 */
export function join(timeline: Timeline | undefined, stretch: Stretch): Timeline {
  const fresh: Timeline = {
    messages: stretch.data,
    has_before: stretch.has_before,
    has_after: stretch.has_after,
    stale: false,
  };
  const mine = timeline?.messages ?? [];
  if (!timeline || mine.length === 0 || stretch.data.length === 0) {
    return mine.length > 0 && timeline ? { ...timeline, ...edges(timeline, stretch) } : fresh;
  }
  const [first, last] = [mine[0] as Message, mine.at(-1) as Message];
  const [from, to] = [stretch.data[0] as Message, stretch.data.at(-1) as Message];
  if (timeline.stale || from.position > last.position + 1 || to.position < first.position - 1) return fresh;
  const byPosition = new Map<number, Message>();
  for (const message of mine) byPosition.set(message.position, message);
  for (const message of stretch.data) {
    const known = byPosition.get(message.position);
    byPosition.set(message.position, known ? newer(known, message) : message);
  }
  return {
    messages: [...byPosition.values()].sort((a, b) => a.position - b.position),
    has_before: from.position <= first.position ? stretch.has_before : timeline.has_before,
    has_after: to.position >= last.position ? stretch.has_after : timeline.has_after,
    stale: false,
  };
}

/** An empty stretch says that nothing lies beyond the edge that was asked about. */
function edges(timeline: Timeline, stretch: Stretch): Partial<Timeline> {
  if (stretch.data.length > 0) return {};
  return { has_before: stretch.has_before && timeline.has_before, has_after: stretch.has_after && timeline.has_after };
}

/** Drops what retention erased. */
export function removeThrough(timeline: Timeline, position: number): Timeline {
  const messages = timeline.messages.slice(lowerBound(timeline.messages, position + 1));
  return messages.length === timeline.messages.length ? timeline : { ...timeline, messages, has_before: false };
}

/** The newest messages alone: what is kept of a conversation that is not on screen. */
export function trim(timeline: Timeline, keep: number): Timeline {
  if (timeline.messages.length <= keep || timeline.has_after) return timeline;
  return { ...timeline, messages: timeline.messages.slice(-keep), has_before: true };
}
