import { useEffect, useState } from "react";

/**
 * The code that a link brought, from the query's "code" or the fragment. It is worth an account, so
 * it does not stay in the address and the history. "" when there is none.
 */
export function useLinkCode(from: "query" | "fragment"): string {
  const [code] = useState(() =>
    from === "query" ? (new URLSearchParams(location.search).get("code") ?? "") : location.hash.slice(1),
  );
  useEffect(() => history.replaceState(null, "", location.pathname), []);
  return code;
}
