import { api, ok } from "../api/client";
import { report } from "../api/report";
import type { Provider } from "../api/types";

let asked: Promise<Provider[]> | undefined;

/** The identity providers that people may sign in through; none when the server does not say so within 1.5 s. */
export function askProviders(): Promise<Provider[]> {
  asked ??= Promise.race([
    ok(api.GET("/auth/providers")).then(({ data }) => data),
    new Promise<never>((_, reject) => setTimeout(reject, 1500, new Error("the providers were not listed in time"))),
  ]).catch((cause) => {
    report(cause, "providers");
    asked = undefined; // the next page asks again
    return [];
  });
  return asked;
}

/** Where a provider signs somebody in, who then comes back to a path of this app. */
export function startPath(provider: string, next: string, invite = ""): string {
  const query = new URLSearchParams({ next, ...(invite && { invite }) });
  return `/api/v1/auth/oidc/${encodeURIComponent(provider)}/start?${query}`;
}
