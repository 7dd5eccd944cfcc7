import { memo, useEffect, useState } from "react";
import { outbox } from "../api/connection";
import type { Outgoing } from "../store/state";
import { useMe } from "../store/store";
import { Avatar } from "../ui/Avatar";
import { Button } from "../ui/Button";
import { copy } from "../ui/copy";
import { Icon } from "../ui/Icon";
import { timeText } from "../ui/time";
import { Markdown } from "./Markdown";
import styles from "./MessageRow.module.css";

const SLOW = 10_000;

/** A message on its way: pale until it is acknowledged, and with a way on when it was refused. */
export const OutgoingRow = memo(function OutgoingRow({ entry, head }: { entry: Outgoing; head: boolean }) {
  const me = useMe();
  const slow = useSlow(entry);
  const name = me?.display_name ?? "";
  const pale = entry.state === "queued" || entry.state === "sending";
  return (
    <article
      aria-label={`${name}: ${entry.text}, ${entry.state === "failed" ? "not sent" : "sending"}`}
      className={`${styles.row} ${head ? styles.head : ""}`}
    >
      <div className={styles.gutter}>{head && <Avatar id={me?.id ?? ""} name={name} size={36} />}</div>
      <div>
        {head && (
          <div className={styles.meta}>
            <span className={styles.author}>{name}</span>
            <time className={styles.time} dateTime={entry.created_at}>
              {timeText(entry.created_at)}
            </time>
          </div>
        )}
        <div className={pale ? styles.pending : undefined}>
          <Markdown text={entry.text} />
        </div>
        {entry.state === "failed" ? <Refused entry={entry} /> : slow && <p className={styles.waiting}>Sending…</p>}
      </div>
    </article>
  );
});

function Refused({ entry }: { entry: Outgoing }) {
  const { conversation_id: conversation, client_msg_id: id } = entry;
  return (
    <div className={styles.failed}>
      <Icon name="circle-alert" size={16} />
      <span>Not sent. {entry.error}</span>
      <Button size="small" onClick={() => outbox()?.retry(conversation, id)}>
        Retry
      </Button>
      <Button size="small" look="quiet" onClick={() => void copy(entry.text)}>
        Copy text
      </Button>
      <Button size="small" look="quiet" onClick={() => outbox()?.drop(conversation, id)}>
        Delete
      </Button>
    </div>
  );
}

/** Whether it has been on its way for so long that this should be said. */
function useSlow({ created_at, state }: Outgoing): boolean {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    if (state === "sent") return setSlow(false);
    const timer = setTimeout(() => setSlow(true), Math.max(0, Date.parse(created_at) + SLOW - Date.now()));
    return () => clearTimeout(timer);
  }, [created_at, state]);
  return slow;
}
