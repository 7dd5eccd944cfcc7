import type { User } from "../api/types";
import { get, set } from "../store/store";

/** Takes over oneself as the server answers. */
export async function keepMe(answer: Promise<User>): Promise<void> {
  const before = get().me;
  const told = await answer;
  set((s) => {
    if (s.me?.id !== told.id) return s; // signed out meanwhile
    // What events have said meanwhile may be later; only the email is never in them.
    const me = s.me === before ? told : { ...s.me, email: told.email };
    return { me, users: { ...s.users, [me.id]: me } };
  });
}
