import { useEffect, useState } from "react";
import type { UserStatus } from "../api/types";
import { useStore } from "../store/store";

const LONGEST = 2 ** 31 - 1; // of a timer, in milliseconds

/** What somebody says to be doing, until the moment at which it expires: the server sends nothing then. */
export function useStatus(user: string): UserStatus | null {
  const status = useStore((s) => s.users[user]?.status);
  const [now, setNow] = useState(Date.now);
  const end = status?.expires_at ? Date.parse(status.expires_at) : Number.POSITIVE_INFINITY;
  const over = end <= Math.max(now, Date.now());
  useEffect(() => {
    if (over || end === Number.POSITIVE_INFINITY) return;
    const timer = setTimeout(
      () => setNow(Date.now()),
      Math.min(Math.max(end - Math.max(now, Date.now()), 0) + 20, LONGEST),
    );
    return () => clearTimeout(timer);
  }, [end, now, over]);
  return status && !over ? status : null;
}
