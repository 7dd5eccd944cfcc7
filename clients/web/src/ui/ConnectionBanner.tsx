import { useEffect, useState } from "react";
import { socket } from "../api/connection";
import { useStore } from "../store/store";
import styles from "./ConnectionBanner.module.css";
import { Icon } from "./Icon";

const SHOWN_AFTER = 2000;

/** Says that the connection is lost, once that has lasted, and what happens about it. */
export function ConnectionBanner() {
  const connection = useStore((s) => s.connection);
  const since = useStore((s) => s.offline_since);
  const outdated = useStore((s) => s.outdated);
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    setNow(Date.now());
    if (!since) return;
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [since]);

  const quiet = !since || (connection.name !== "closed" && now - since < SHOWN_AFTER);
  if (quiet && outdated) {
    // Never by itself: somebody may be writing.
    return (
      <div className={styles.banner}>
        <Icon name="refresh-cw" size={16} />
        <span role="status">The server was updated.</span>
        <button type="button" onClick={() => location.reload()}>
          Reload when it suits
        </button>
      </div>
    );
  }
  if (quiet) return null;
  const closed = connection.name === "closed";
  const seconds = connection.name === "waiting" ? Math.max(1, Math.ceil((connection.retryAt - now) / 1000)) : 0;
  return (
    <div className={styles.banner}>
      <Icon name="wifi-off" size={16} />
      <span role="status">
        {closed ? connection.text : "You are offline. What you write is sent as soon as the connection is back."}
      </span>
      {!closed && <span>{seconds ? `Next try in ${seconds} s` : "Connecting…"}</span>}
      {closed ? (
        <button type="button" onClick={() => location.reload()}>
          Reload
        </button>
      ) : (
        seconds > 0 && (
          <button type="button" onClick={() => socket()?.retryNow()}>
            Retry now
          </button>
        )
      )}
    </div>
  );
}
