import { use, useEffect, useState } from "react";
import { backoff } from "../api/backoff";
import { ApiError, api, ok, problemOf } from "../api/client";
import { report } from "../api/report";
import type { Provider } from "../api/types";

/** A page does not wait longer than this for their list. */
const WITHIN = 1500;

let listed: Promise<Provider[]> | undefined;
let asked: Promise<Provider[]> | undefined;

/** Their list, however long it takes; what failed is asked for anew. */
function list(): Promise<Provider[]> {
  listed ??= ok(api.GET("/auth/providers"))
    .then(({ data }) => data)
    .catch((cause) => {
      listed = undefined;
      throw cause;
    });
  return listed;
}

/** The identity providers that people may sign in through; none when the server does not say so in time. */
export function askProviders(): Promise<Provider[]> {
  asked ??= Promise.race([list(), new Promise<Provider[]>((resolve) => setTimeout(resolve, WITHIN, []))]).catch(
    (cause) => {
      if (!(cause instanceof ApiError)) report(cause, "providers");
      return [];
    },
  );
  return asked;
}

/** The identity providers. It waits for them as long as askProviders does; those that come later are here later. */
export function useProviders(): Provider[] {
  const inTime = use(askProviders());
  const [providers, setProviders] = useState(inTime);
  useEffect(() => {
    let here = true;
    const ask = async (attempt: number) => {
      try {
        const all = await list();
        if (here) setProviders(all);
      } catch (cause) {
        const { transient, retryAfter } = problemOf(cause);
        if (here && transient) setTimeout(ask, backoff(attempt, retryAfter * 1000), attempt + 1);
      }
    };
    void ask(0);
    return () => {
      here = false;
    };
  }, []);
  return providers;
}

/** Where a provider signs somebody in, who then comes back to a path of this app. */
export function startPath(provider: string, next: string, invite = ""): string {
  const query = new URLSearchParams({ next, ...(invite && { invite }) });
  return `/api/v1/auth/oidc/${encodeURIComponent(provider)}/start?${query}`;
}
