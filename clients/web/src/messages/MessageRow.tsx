import { memo, useState } from "react";
import type { Message } from "../api/types";
import { openDialog } from "../channels/dialogs";
import { useName } from "../store/store";
import { Avatar } from "../ui/Avatar";
import { Icon } from "../ui/Icon";
import { later } from "../ui/later";
import { StatusMark } from "../ui/StatusMark";
import { fullText, timeText } from "../ui/time";
import { Markdown } from "./Markdown";
import styles from "./MessageRow.module.css";
import { plainText } from "./markdown";
import { comesOrGoes } from "./runs";
import { Toolbar } from "./Toolbar";

const Editor = later(() => import("./Editor"), Text);

interface Props {
  message: Message;
  /** Whether the author's name and picture stand above it. */
  head: boolean;
  tabIndex: 0 | -1;
  mine: boolean;
  /** Whether it calls the reader. */
  calls: boolean;
  flash: boolean;
  editing: boolean;
  onEdit(id: string | null): void;
  /** Folds it again, where it is of somebody muted. */
  onFold?(id: string, pressed: Element): void;
}

/** One message. It knows nothing of its place in the list, so scrolling never renders it again. */
export const MessageRow = memo(function MessageRow(props: Props) {
  const { message, head, tabIndex, calls, flash, editing, onEdit } = props;
  const [tools, setTools] = useState(false);
  const name = useName(message.author);
  const time = timeText(message.created_at);
  const deleted = message.deleted_at !== null;
  if (message.kind === "system") return <SystemRow message={message} tabIndex={tabIndex} />;
  const classes = [styles.row, head && styles.head, calls && !deleted && styles.mentioned, flash && styles.flash];
  const spoken = deleted ? "message deleted" : plainText(message.text);
  return (
    <article
      aria-label={`${name}${message.author.bot ? ", bot" : ""}: ${spoken}, ${time}${message.edited_at && !deleted ? ", edited" : ""}`}
      tabIndex={tabIndex}
      className={classes.filter(Boolean).join(" ")}
      // A finger shows them by the focus, which a tap gives when it has ended: what came under a finger that is still
      // down would be pressed by it.
      onPointerEnter={({ pointerType }) => pointerType !== "touch" && setTools(true)}
      onPointerLeave={({ pointerType }) => pointerType !== "touch" && setTools(false)}
      onFocus={() => setTools(true)}
      onBlur={(event) => setTools(event.currentTarget.contains(event.relatedTarget))}
    >
      <div className={styles.gutter}>
        {head ? (
          <Avatar id={message.author.id} name={name} size={36} />
        ) : (
          tools && (
            <time className={styles.gutterTime} dateTime={message.created_at} title={fullText(message.created_at)}>
              {time}
            </time>
          )
        )}
      </div>
      <div>
        {head && (
          <div className={styles.meta}>
            <button
              type="button"
              className={styles.author}
              tabIndex={tabIndex}
              onClick={() => openDialog({ name: "profile", user: message.author.id })}
            >
              {name}
            </button>
            <StatusMark user={message.author.id} />
            {message.author.bot && <span className={styles.bot}>bot</span>}
            <time
              className={styles.time}
              dateTime={message.created_at}
              title={tools ? fullText(message.created_at) : undefined}
            >
              {time}
            </time>
          </div>
        )}
        {editing && !deleted ? (
          <Editor message={message} onClose={() => onEdit(null)} />
        ) : deleted ? (
          <p className={styles.deleted}>This message was deleted.</p>
        ) : (
          <>
            <Text message={message} />
            {message.edited_at && (
              <span className={styles.edited} title={tools ? fullText(message.edited_at) : undefined}>
                (edited)
              </span>
            )}
          </>
        )}
      </div>
      {tools && !editing && !deleted && (
        <Toolbar message={message} mine={props.mine} onEdit={onEdit} onFold={props.onFold} />
      )}
    </article>
  );
});

function Text({ message }: { message: Message }) {
  return <Markdown text={message.text} mentions={message.mentions} />;
}

function SystemRow({ message, tabIndex }: { message: Message; tabIndex: 0 | -1 }) {
  const time = timeText(message.created_at);
  const name = useName(message.author);
  return (
    <article
      aria-label={`${name} ${plainText(message.text)}, ${time}`.trim()}
      tabIndex={tabIndex}
      className={`${styles.row} ${styles.system}`}
    >
      <span className={styles.systemIcon}>
        <Icon name={comesOrGoes(message) ? "user" : name ? "hash" : "message-circle"} size={16} />
      </span>
      {message.deleted_at ? (
        <p className={styles.deleted}>This message was deleted.</p>
      ) : (
        <div className={styles.systemText}>
          {name && <span className={styles.systemName}>{name}</span>} <Markdown text={message.text} />
        </div>
      )}
    </article>
  );
}
