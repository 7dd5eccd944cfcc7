import { get, set } from "../store/store";
import { backoff } from "./backoff";
import { ApiError, api, ok } from "./client";
import type { Socket } from "./socket";
import type { ReadState } from "./types";

/** Up to where conversations were read, as long as the server has not confirmed it. */
const owed = new Map<string, number>();
/** What is being told to the server, by conversation. */
const telling = new Map<string, Promise<void>>();

let socket: () => Socket | null = () => null;

/** Sets which socket is used when it is open. */
export function tellOver(current: () => Socket | null): void {
  socket = current;
}

/** Marks all up to a position as read: here at once, then on the server and so in other tabs. */
export async function markRead(conversation: string, position: number): Promise<void> {
  const known = get().conversations[conversation];
  if (!known || position <= known.last_read_position) return;
  const all = position >= known.last_position;
  const next = { ...known, last_read_position: position, mentions: all ? 0 : known.mentions };
  // Short of the end the answer tells how many of the system's messages lie before it.
  if (all) Object.assign(next, { read_quiet: known.quiet, hushed: 0 });
  set((s) => ({ conversations: { ...s.conversations, [conversation]: next } }));
  owed.set(conversation, position);
  await tell(conversation);
}

/** Marks a message and all after it as unread. The new state comes as an event, here as in other tabs. */
export async function markUnreadFrom(conversation: string, position: number): Promise<void> {
  await telling.get(conversation); // which would undo it, if it arrived later
  owed.delete(conversation);
  const params = { path: { conversation } };
  await ok(api.PUT("/conversations/{conversation}/unread-from", { params, body: { position } }));
}

/** Tells the server what it may not have heard: called whenever there is a connection again. */
export function tellAgain(): void {
  for (const conversation of owed.keys()) void tell(conversation);
}

/** Whether a read state is of before what was read since: then it turns nothing back. */
export function overtaken({ conversation_id: id, last_read_position: position }: ReadState): boolean {
  const mine = owed.get(id);
  if (mine !== undefined && position >= mine) owed.delete(id);
  return owed.has(id);
}

/** Owes nothing any more: nobody is signed in. */
export function forgetOwed(): void {
  owed.clear();
  telling.clear();
}

/** One after the other, so that an earlier position never arrives after a later one. */
async function tell(conversation: string, attempt = 0): Promise<void> {
  const before = telling.get(conversation);
  const mine = Promise.resolve(before).then(() => told(conversation, attempt));
  telling.set(conversation, mine);
  await mine;
  if (telling.get(conversation) === mine) telling.delete(conversation);
}

async function told(conversation: string, attempt: number): Promise<void> {
  const position = owed.get(conversation);
  if (position === undefined) return; // said already
  const over = socket();
  const body = { position };
  try {
    if (over?.online) await over.request("read", { conversation_id: conversation, position });
    else await ok(api.PUT("/conversations/{conversation}/read", { params: { path: { conversation } }, body }));
    if (owed.get(conversation) === position) owed.delete(conversation);
  } catch (error) {
    if (!(error instanceof ApiError) || !error.transient) owed.delete(conversation);
    // Without a connection the next one asks for it.
    else if (socket()?.online)
      setTimeout(() => void tell(conversation, attempt + 1), backoff(attempt, error.retryAfter * 1000));
  }
}
