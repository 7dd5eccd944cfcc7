import type { Message } from "../api/types";
import { timeText } from "../ui/time";
import styles from "./MessageRow.module.css";

interface Props {
  message: Message;
  tabIndex: 0 | -1;
  flash: boolean;
  onFold(id: string, pressed: Element): void;
}

/** A message of somebody whom the reader has muted, until they ask for it. */
export function FoldedRow({ message, tabIndex, flash, onFold }: Props) {
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
          onClick={({ currentTarget }) => onFold(message.id, currentTarget)}
        >
          Show
        </button>
      </p>
    </article>
  );
}
