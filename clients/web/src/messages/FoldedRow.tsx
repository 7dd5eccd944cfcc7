import type { Message } from "../api/types";
import { timeText } from "../ui/time";
import styles from "./MessageRow.module.css";

interface Props {
  message: Message;
  tabIndex: 0 | -1;
  flash: boolean;
  onOpen(id: string): void;
}

/** A message of somebody whom the reader has muted, until they ask for it. */
export function FoldedRow({ message, tabIndex, flash, onOpen }: Props) {
  return (
    <article
      aria-label={`Message from a muted person, ${timeText(message.created_at)}`}
      tabIndex={tabIndex}
      className={`${styles.row} ${styles.system} ${flash ? styles.flash : ""}`}
    >
      <span />
      <p>
        Message from a muted person ·{" "}
        <button
          type="button"
          className={styles.others}
          tabIndex={tabIndex}
          onClick={({ currentTarget }) => {
            const row = currentTarget.closest("li");
            onOpen(message.id);
            // What had the focus is gone then; the message takes it, and the view stays.
            requestAnimationFrame(() => row?.querySelector("article")?.focus({ preventScroll: true }));
          }}
        >
          Show
        </button>
      </p>
    </article>
  );
}
