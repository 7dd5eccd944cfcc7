import { withConversation, withoutConversation } from "../store/state";
import { get, set } from "../store/store";
import { backoff } from "./backoff";
import { ApiError, api, ok } from "./client";
import { report } from "./report";
import type { Membership } from "./types";

interface Fetch {
  /** Whether the conversation has changed since it was asked for. */
  changed: boolean;
  done: Promise<void>;
}

let fetching = new Map<string, Fetch>();

/** For so long after an answer events of before it may still come, in milliseconds: the server drops what is slower. */
const OVERTAKES = 30_000;
const RECOUNT_AFTER = 2000;

/** When conversations were answered last, and those whose members are to be counted again. */
const answered = new Map<string, number>();
const recounts = new Map<string, ReturnType<typeof setTimeout>>();

/** Says that a conversation has changed: an answer about it that is on its way may be of before. */
export function changed(id: string): void {
  const running = fetching.get(id);
  if (running) running.changed = true;
}

/**
 * Says that an event has changed the number of members. When the answer of a moment ago knew of that already, they
 * are counted twice: once no more come, the server is asked.
 */
export function counted(id: string): void {
  if (Date.now() - (answered.get(id) ?? 0) > OVERTAKES) return;
  clearTimeout(recounts.get(id));
  recounts.set(
    id,
    setTimeout(() => void fetchConversation(id), RECOUNT_AFTER),
  );
}

/** What is being fetched comes to nothing: nobody is signed in any more. */
export function forgetFetches(): void {
  fetching = new Map();
  for (const timer of recounts.values()) clearTimeout(timer);
  recounts.clear();
  answered.clear();
}

/** Puts a conversation that one takes part in into the sidebar, as the server has it; takes out one that one has left. */
export function fetchConversation(id: string, attempt = 0): Promise<void> {
  const running = fetching.get(id);
  if (running) {
    running.changed = true;
    return running.done;
  }
  const mine: Fetch = { changed: false, done: Promise.resolve() };
  fetching.set(id, mine);
  mine.done = run(id, mine, attempt);
  return mine.done;
}

async function run(id: string, mine: Fetch, attempt: number): Promise<void> {
  const all = fetching;
  const signedOut = () => fetching !== all;
  try {
    for (let asked = 0; asked === 0 || mine.changed; asked++) {
      // Where much goes on it is not asked for over and over without a pause.
      if (asked > 1) await new Promise((resolve) => setTimeout(resolve, backoff(asked - 2)));
      mine.changed = false;
      const membership = await membershipOf(id);
      if (signedOut()) return;
      answered.set(id, Date.now());
      if (!membership) set(withoutConversation(get(), id));
      // An answer that events have overtaken would turn the conversation back: it is asked for again.
      else if (!mine.changed || !(id in get().conversations)) set(withConversation(get(), membership));
    }
  } catch (error) {
    if (!(error instanceof ApiError)) report(error, "fetch conversation");
    else if (error.transient) {
      const retry = () => signedOut() || void fetchConversation(id, attempt + 1);
      setTimeout(retry, backoff(attempt, error.retryAfter * 1000));
    }
  } finally {
    all.delete(id);
  }
}

/** How one takes part in a conversation; null when one does not, or not any more. */
async function membershipOf(id: string): Promise<Membership | null> {
  try {
    return await ok(api.GET("/conversations/{conversation}", { params: { path: { conversation: id } } }));
  } catch (error) {
    if (error instanceof ApiError && error.code === "not_found") return null;
    throw error;
  }
}
