import { api, ok, problemOf } from "../api/client";
import { fetchConversation } from "../api/membership";
import { toast } from "../ui/toast";

/** Finds or makes the direct conversation with these people and goes there, unless one has gone elsewhere meanwhile. */
export async function openDirect(users: string[], navigate: (path: string) => void): Promise<void> {
  const from = location.pathname;
  try {
    const direct = await ok(api.POST("/dms", { body: { user_ids: users } }));
    await fetchConversation(direct.id);
    if (location.pathname === from) navigate(`/dm/${direct.id}`);
  } catch (cause) {
    toast(problemOf(cause).message);
  }
}
