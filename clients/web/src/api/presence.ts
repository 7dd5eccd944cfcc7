import { set } from "../store/store";
import { backoff } from "./backoff";
import { ApiError, api, ok } from "./client";
import { report } from "./report";

/** Whose presence has changed since all of it was asked for; null while it is not. */
let since: Set<string> | null = null;

/** Says that somebody's presence has changed: an answer that is on its way may be of before. */
export function presenceChanged(user: string): void {
  since?.add(user);
}

/** Asks no more: what is known is newer, or nobody is signed in. */
export function forgetPresence(): void {
  since = null;
}

/** Presence is not in the log, so a resumed connection asks for it, until it is answered. */
export async function refreshPresence(): Promise<void> {
  const mine = new Set<string>();
  since = mine;
  for (let attempt = 0; since === mine; attempt++) {
    try {
      const { data } = await ok(api.GET("/presence"));
      if (since !== mine) return;
      since = null;
      const told = Object.fromEntries(data.map((p) => [p.user_id, p.state]));
      set(({ presence }) => ({
        presence: { ...told, ...Object.fromEntries(Object.entries(presence).filter(([id]) => mine.has(id))) },
      }));
    } catch (error) {
      if (!(error instanceof ApiError)) report(error, "presence");
      if (!(error instanceof ApiError) || !error.transient) return;
      await new Promise((resolve) => setTimeout(resolve, backoff(attempt, error.retryAfter * 1000)));
    }
  }
}
