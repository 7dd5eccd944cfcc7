import { useEffect } from "react";
import { socket, wake } from "./api/connection";
import { useStore } from "./store/store";

const IDLE_AFTER = 5 * 60_000;

/** Tells the server whether this page is in use and which conversation is in view, and wakes the connection. */
export function usePresenceReport(active: string | null): void {
  const online = useStore((s) => s.connection.name === "online");

  useEffect(() => {
    if (online)
      void socket()
        ?.request("focus", { conversation_id: active })
        .catch(() => {});
  }, [active, online]);

  useEffect(() => {
    if (!online) return;
    let away = false;
    let timer: ReturnType<typeof setTimeout>;
    const report = (next: boolean) => {
      if (next === away) return;
      away = next;
      void socket()
        ?.request("presence.set", { state: away ? "away" : "online" })
        .catch(() => {});
    };
    const active = () => {
      report(false);
      clearTimeout(timer);
      timer = setTimeout(() => report(true), IDLE_AFTER);
    };
    active();
    const events = ["pointerdown", "pointermove", "keydown", "focus"] as const;
    for (const name of events) addEventListener(name, active, { passive: true });
    return () => {
      clearTimeout(timer);
      for (const name of events) removeEventListener(name, active);
    };
  }, [online]);

  useEffect(() => {
    const onVisible = () => document.visibilityState === "visible" && wake();
    addEventListener("online", wake);
    addEventListener("offline", wake);
    document.addEventListener("visibilitychange", onVisible);
    return () => {
      removeEventListener("online", wake);
      removeEventListener("offline", wake);
      document.removeEventListener("visibilitychange", onVisible);
    };
  }, []);
}
