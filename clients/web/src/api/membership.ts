import { withConversation, withoutConversation } from "../store/state";
import { get, set } from "../store/store";
import { backoff } from "./backoff";
import { ApiError, api, ok } from "./client";
import { report } from "./report";
import type { Membership } from "./types";

/** The conversations that are being fetched, and whether they have changed since they were asked for. */
const fetching = new Map<string, boolean>();

/** Says that a conversation has changed: an answer about it that is on its way may be of before. */
export function changed(id: string): void {
  if (fetching.has(id)) fetching.set(id, true);
}

/** Puts a conversation that one takes part in into the sidebar, as the server has it; takes out one that one has left. */
export async function fetchConversation(id: string, attempt = 0): Promise<void> {
  if (fetching.has(id)) return changed(id);
  const me = get().me?.id;
  const signedOut = () => get().me?.id !== me;
  try {
    for (let again: boolean | undefined = true; again; again = fetching.get(id)) {
      fetching.set(id, false);
      const membership = await membershipOf(id);
      if (signedOut()) return;
      if (!membership) set(withoutConversation(get(), id));
      // An answer that events have overtaken would turn the conversation back: it is asked for again.
      else if (!fetching.get(id) || !(id in get().conversations)) set(withConversation(get(), membership));
    }
  } catch (error) {
    if (!(error instanceof ApiError)) report(error, "fetch conversation");
    else if (error.transient) {
      const retry = () => signedOut() || void fetchConversation(id, attempt + 1);
      setTimeout(retry, backoff(attempt, error.retryAfter * 1000));
    }
  } finally {
    fetching.delete(id);
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
