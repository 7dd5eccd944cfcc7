import type { User } from "../api/types";
import { get, set } from "../store/store";

/** Takes over oneself as the server answers. */
export async function keepMe(answer: Promise<User>): Promise<void> {
  const before = get().me;
  const told = await answer;
  set((s) => {
    if (s.me?.id !== told.id) return s; // signed out meanwhile
    // What events have said meanwhile may be later; only what stands about the email is never in them.
    const { email, email_proved } = told;
    const me = s.me === before ? told : { ...s.me, email, email_proved };
    return { me, users: { ...s.users, [me.id]: me } };
  });
}
