import { api, ok } from "../api/client";
import { outbox } from "../api/connection";
import { overlay, type Page } from "../api/recent";
import type { Message } from "../api/types";
import type { Timeline } from "../store/state";
import { get, set } from "../store/store";
import { join, put as putMessage, trim } from "../store/timeline";

const FIRST_PAGE = 80;
const PAGE = 100;
const MAX_PAGE = 200;
/** How much of a conversation stays in memory when it is left, and of how many. */
const KEPT_MESSAGES = 200;
const KEPT_CONVERSATIONS = 30;

type Direction = { before: string } | { after: string } | { around: string } | Record<string, never>;

/** How often a page is asked for that is older than what is known of its conversation. */
const TRIES = 3;

const underway = new Map<string, Promise<void>>();

/** Fetches a stretch of a conversation into its timeline. The same request twice at once is one. */
function fetchStretch(conversation: string, direction: Direction, limit: number, replace = false): Promise<void> {
  const me = get().me?.id;
  const key = `${me} ${conversation} ${JSON.stringify(direction)}`;
  const running = underway.get(key);
  if (running) return running;
  const work = (async () => {
    const params = { path: { conversation }, query: { ...direction, limit } };
    for (let tries = 1; ; tries++) {
      const answer = await ok(api.GET("/conversations/{conversation}/messages", { params }));
      const page = overlay(conversation, answer);
      const last = page.has_after ? undefined : page.data.at(-1)?.position;
      // Read now and not before the request: events may have come meanwhile, or one has left, or signed out.
      const { conversations, timelines, me: now } = get();
      const known = conversations[conversation];
      if (!known || now?.id !== me) return;
      // A fresh state has overtaken it, without the events between.
      if (last !== undefined && last < known.last_position && tries < TRIES) continue;
      const timeline = timelines[conversation];
      // What is stale is fetched afresh: an edge joined to it would take its place.
      if (timeline?.stale && !replace) return;
      put(conversation, join(replace ? undefined : timeline, boundaries(direction, page, timeline)));
      if (last !== undefined) outbox()?.settleThrough(conversation, last);
      return;
    }
  })().finally(() => underway.delete(key));
  underway.set(key, work);
  return work;
}

/** A page knows one side only when it lies beyond an edge: the other side is where the timeline stands. */
function boundaries(direction: Direction, page: Page, known: Timeline | undefined): Page {
  if ("before" in direction && page.data.length === 0)
    return { ...page, has_before: false, has_after: known?.has_after ?? false };
  if ("after" in direction && page.data.length === 0)
    return { ...page, has_after: false, has_before: known?.has_before ?? false };
  return page;
}

function put(conversation: string, timeline: Timeline): void {
  set((s) => ({ timelines: { ...s.timelines, [conversation]: timeline } }));
}

export const loadLatest = (conversation: string) => fetchStretch(conversation, {}, FIRST_PAGE, true);
export const loadAround = (conversation: string, message: string) =>
  fetchStretch(conversation, { around: message }, PAGE, true);

/** Fetches what stands before the oldest message here. */
export function loadBefore(conversation: string, most = false): Promise<void> {
  const first = get().timelines[conversation]?.messages[0];
  if (!first) return Promise.resolve();
  return fetchStretch(conversation, { before: first.id }, most ? MAX_PAGE : PAGE);
}

/** Fetches what stands after the newest message here. */
export function loadAfter(conversation: string): Promise<void> {
  const last = get().timelines[conversation]?.messages.at(-1);
  if (!last) return Promise.resolve();
  return fetchStretch(conversation, { after: last.id }, PAGE);
}

/** Fetches older messages until one at a position is here, within reason. */
export async function loadBack(conversation: string, position: number): Promise<void> {
  for (let pages = 0; pages < 25; pages++) {
    const timeline = get().timelines[conversation];
    if (!timeline?.has_before || timeline.stale || (timeline.messages[0]?.position ?? 0) <= position) return;
    await loadBefore(conversation, true);
  }
}

let visited: string[] = [];

/** Lets go of what a left conversation does not need: memory stays flat however long a day is. */
export function leave(conversation: string): void {
  visited = [conversation, ...visited.filter((id) => id !== conversation)];
  const dropped = visited.splice(KEPT_CONVERSATIONS);
  set((s) => {
    const timelines = { ...s.timelines };
    for (const id of dropped) delete timelines[id];
    const left = timelines[conversation];
    if (left?.has_after) delete timelines[conversation];
    else if (left) timelines[conversation] = trim(left, KEPT_MESSAGES);
    return { timelines };
  });
}

/** Takes over a message as an answer gave it; its event follows and changes nothing more. */
export function storeMessage(message: Message): void {
  set((s) => {
    const timeline = s.timelines[message.conversation_id];
    return timeline ? { timelines: { ...s.timelines, [message.conversation_id]: putMessage(timeline, message) } } : s;
  });
}
