import { useEffect, useRef } from "react";
import { markRead } from "../api/readState";
import { type Conversation, unreadOf } from "../store/state";
import { Icon } from "../ui/Icon";
import { numberText } from "../ui/time";
import styles from "./Timeline.module.css";

interface NewProps {
  conversation: Conversation;
  line: number | null;
  /** Whether the new-messages line is above what is in sight. */
  above: boolean;
  unread: number;
  onJump(): void;
  onDismiss(): void;
}

/** Tells that new messages begin further up. */
export function NewPill({ conversation, line, above, unread, onJump, onDismiss }: NewProps) {
  if (line === null || !above || unread === 0) return null;
  return (
    <div className={`${styles.pills} ${styles.top}`}>
      <div className={styles.pill}>
        <button type="button" onClick={onJump}>
          <Icon name="arrow-up" size={16} />
          {numberText(unread)} new {unread === 1 ? "message" : "messages"}
        </button>
        <button
          type="button"
          aria-label="Mark as read"
          title="Mark as read"
          onClick={() => {
            void markRead(conversation.conversation_id, conversation.last_position);
            onDismiss();
          }}
        >
          <Icon name="x" size={16} />
        </button>
      </div>
    </div>
  );
}

interface EndProps {
  conversation: Conversation;
  shown: boolean;
  onJump(): void;
}

/** The way back to the end, with how many came while one was away from it. */
export function EndPill({ conversation, shown, onJump }: EndProps) {
  const last = conversation.last_position;
  const seen = useRef(last);
  useEffect(() => {
    if (!shown) seen.current = last;
  }, [shown, last]);
  if (!shown) return null;
  const count = Math.min(last - seen.current, unreadOf(conversation));
  return (
    <div className={`${styles.pills} ${styles.bottom}`}>
      <div className={styles.pill}>
        <button type="button" onClick={onJump}>
          <Icon name="arrow-down" size={16} />
          {count > 0 ? `${numberText(count)} new` : "Jump to present"}
        </button>
      </div>
    </div>
  );
}
