import type { User } from "../api/types";
import { set } from "../store/store";

/** Takes over oneself as the server answers. */
export function keepMe(me: User): void {
  set((s) => ({ me, users: { ...s.users, [me.id]: me } }));
}
