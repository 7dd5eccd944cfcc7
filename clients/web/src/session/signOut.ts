import { api, ok } from "../api/client";

/**
 * Ends the session. True when the browser is on its way to the provider that began it, to end the session there, too.
 */
export async function signOut(): Promise<boolean> {
  const answer = (await ok(api.POST("/auth/logout"))) as { url: string } | undefined;
  if (!answer?.url) return false;
  location.assign(answer.url);
  return true;
}
