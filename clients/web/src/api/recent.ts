import { newer } from "../store/timeline";
import type { Message } from "./types";

/** The newest messages that events brought, by id: a page that was read before them must not undo them. */
const recent = new Map<string, Message>();
const MOST = 1000;

/** Up to where conversations were erased, for the same reason. */
const erased = new Map<string, number>();

export const recentMessage = (id: string): Message | undefined => recent.get(id);

export function remember(message: Message): void {
  recent.delete(message.id);
  recent.set(message.id, message);
  if (recent.size > MOST) recent.delete(recent.keys().next().value as string);
}

/** What retention erased does not come back. */
export function forgetThrough(conversation: string, position: number): void {
  erased.set(conversation, position);
  for (const m of recent.values())
    if (m.conversation_id === conversation && m.position <= position) recent.delete(m.id);
}

export interface Page {
  data: Message[];
  has_before: boolean;
  has_after: boolean;
}

/** A fetched page as of the events that came while it was on its way. */
export function overlay(conversation: string, page: Page): Page {
  const from = erased.get(conversation) ?? 0;
  const rows = page.data.flatMap((message) => {
    if (message.position <= from) return [];
    const known = recent.get(message.id);
    return [known ? newer(message, known) : message];
  });
  const fresh: Page = { ...page, data: rows, has_before: page.has_before && rows.length === page.data.length };
  if (page.has_after) return fresh;
  let last = rows.at(-1)?.position ?? 0;
  const later = [...recent.values()].filter((m) => m.conversation_id === conversation && m.position > last);
  for (const message of later.sort((a, b) => a.position - b.position)) {
    if (message.position !== last + 1 && last !== 0) break;
    rows.push(message);
    last = message.position;
  }
  return fresh;
}
