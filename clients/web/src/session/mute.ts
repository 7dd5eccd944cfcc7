import { api, ok } from "../api/client";
import type { MuteLevel } from "../api/types";
import { act } from "../ui/act";

/** Mutes or blocks somebody, or neither any more. The answer comes back as an event, here as in other tabs. */
export function mute(user: string, level: MuteLevel | null): Promise<void> {
  const params = { path: { user } };
  return act(() =>
    level
      ? ok(api.PUT("/me/muted-users/{user}", { params, body: { level } }))
      : ok(api.DELETE("/me/muted-users/{user}", { params })),
  );
}
