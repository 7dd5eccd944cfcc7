import { api, ok, problemOf } from "../api/client";
import { fetchConversation } from "../api/membership";
import { toast } from "../ui/toast";

/** Finds or makes the direct conversation with these people and goes there. */
export async function openDirect(users: string[], navigate: (path: string) => void): Promise<void> {
  try {
    const direct = await ok(api.POST("/dms", { body: { user_ids: users } }));
    await fetchConversation(direct.id);
    navigate(`/dm/${direct.id}`);
  } catch (cause) {
    toast(problemOf(cause).message);
  }
}
