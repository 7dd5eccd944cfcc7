import { useLayoutEffect, useRef, useState } from "react";
import { problemOf } from "../api/client";
import { markUnreadFrom } from "../api/readState";
import type { Message } from "../api/types";
import { permalink } from "../paths";
import { get, useStore } from "../store/store";
import { copy } from "../ui/copy";
import { IconButton } from "../ui/IconButton";
import { later } from "../ui/later";
import { toast } from "../ui/toast";
import styles from "./MessageRow.module.css";
import { keepUnread } from "./reading";

const DeleteDialog = later(() => import("./DeleteDialog"));

/** How far it stands out above its message, and how far it keeps from the edge of the view. */
const OVER = 14;
const GAP = 4;

interface Props {
  message: Message;
  mine: boolean;
  onEdit(id: string): void;
  onFold?(id: string, pressed: Element): void;
}

/** What can be done with a message: shown while the pointer or the focus is on it. */
export function Toolbar({ message, mine, onEdit, onFold }: Props) {
  const [deleting, setDeleting] = useState(false);
  const [copied, setCopied] = useState(false);
  const moderates = useStore((s) => s.me?.role === "owner" || s.me?.role === "admin");

  const bar = useRef<HTMLDivElement>(null);

  // A message that begins above the view has it where the view begins.
  useLayoutEffect(() => {
    const element = bar.current;
    const row = element?.closest("article")?.getBoundingClientRect();
    const view = element?.closest("[role=log]")?.getBoundingClientRect();
    if (!element || !row || !view || row.top >= view.top + OVER) return;
    element.style.insetBlockStart = `${Math.min(view.top - row.top + GAP, row.height - element.offsetHeight)}px`;
  }, []);

  async function markUnread() {
    try {
      keepUnread(message.conversation_id);
      await markUnreadFrom(message.conversation_id, message.position);
    } catch (cause) {
      toast(problemOf(cause).message);
    }
  }

  return (
    <div ref={bar} className={styles.toolbar} role="toolbar" aria-label="Message actions">
      {mine && <IconButton icon="pencil" label="Edit" small onClick={() => onEdit(message.id)} />}
      <IconButton
        icon={copied ? "check" : "link"}
        label={copied ? "Link copied" : "Copy link"}
        small
        onClick={async () => setCopied(await copy(location.origin + permalink(get(), message)))}
      />
      <IconButton icon="mail-open" label="Mark unread from here" small onClick={() => void markUnread()} />
      {(mine || moderates) && <IconButton icon="trash-2" label="Delete" small onClick={() => setDeleting(true)} />}
      {onFold && (
        <IconButton
          icon="volume-x"
          label="Fold again"
          small
          onClick={(event) => onFold(message.id, event.currentTarget)}
        />
      )}
      {deleting && <DeleteDialog message={message} onClose={() => setDeleting(false)} />}
    </div>
  );
}
