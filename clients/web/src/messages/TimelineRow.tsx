import type { Conversation } from "../store/state";
import { mentionsMe } from "../store/store";
import { dayText } from "../ui/time";
import { FoldedRow } from "./FoldedRow";
import { Intro } from "./Intro";
import { MessageRow } from "./MessageRow";
import { OutgoingRow } from "./OutgoingRow";
import { RunRow } from "./RunRow";
import type { Row } from "./rows";
import styles from "./Timeline.module.css";

interface Props {
  row: Row;
  conversation: Conversation;
  me: string;
  tabIndex: 0 | -1;
  flash: boolean;
  editing: boolean;
  onEdit(id: string | null): void;
  /** Shows a message of somebody muted, or folds it again; `pressed` is the button for it. */
  onFold(id: string, pressed: Element): void;
}

export function TimelineRow({ row, conversation, me, tabIndex, flash, editing, onEdit, onFold }: Props) {
  switch (row.kind) {
    case "intro":
      return <Intro conversation={conversation} />;
    case "day":
      return <h2 className={styles.day}>{dayText(row.at)}</h2>;
    case "new":
      return <div className={styles.new}>New</div>;
    case "outgoing":
      return <OutgoingRow entry={row.entry} head={row.head} />;
    case "message":
      if (row.run) return <RunRow run={row.run} tabIndex={tabIndex} flash={flash} />;
      if (row.folded) return <FoldedRow message={row.message} tabIndex={tabIndex} flash={flash} onFold={onFold} />;
      return (
        <MessageRow
          message={row.message}
          head={row.head}
          tabIndex={tabIndex}
          mine={row.message.author.id === me}
          calls={row.folded === undefined && mentionsMe(row.message, me)}
          flash={flash}
          editing={editing}
          onEdit={onEdit}
          onFold={row.folded === false ? onFold : undefined}
        />
      );
  }
}
