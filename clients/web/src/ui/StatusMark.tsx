import styles from "./StatusMark.module.css";
import { useStatus } from "./useStatus";

/** A status beside a name: its emoji, or a sign that there is one; the words show on hover and to ears. */
export function StatusMark({ user }: { user: string }) {
  const status = useStatus(user);
  if (!status) return null;
  return (
    <span className={styles.mark} title={status.text || undefined}>
      <span aria-hidden={status.text ? true : undefined}>{status.emoji || "💬"}</span>
      {status.text && <span className="visually-hidden">, status: {status.text}</span>}
    </span>
  );
}
