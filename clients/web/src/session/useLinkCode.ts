import { useEffect, useState } from "react";

/**
 * The code that a link brought: its fragment, which no server and no proxy sees, or, in links from
 * before, the query. "" when there is none. It is worth an account, so it does not stay in the address
 * and the history; where it "stays", a reload goes on.
 */
export function useLinkCode(stays?: "stays"): string {
  const [code] = useState(fromAddress);
  useEffect(() => {
    if (!stays) history.replaceState(null, "", location.pathname);
    const another = () => location.reload(); // a link opened where one is already loads no page by itself
    addEventListener("hashchange", another);
    return () => removeEventListener("hashchange", another);
  }, [stays]);
  return code;
}

function fromAddress(): string {
  const query = new URLSearchParams(location.search);
  return location.hash.slice(1) || query.get("code") || query.get("k") || "";
}
