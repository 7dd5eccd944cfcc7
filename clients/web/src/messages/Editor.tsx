import { useEffect, useRef, useState } from "react";
import { api, ok, problemOf } from "../api/client";
import type { Message } from "../api/types";
import { Button } from "../ui/Button";
import { grow } from "./autogrow";
import styles from "./Editor.module.css";
import { storeMessage } from "./history";

/** Changes a message in its place: Enter saves, Escape leaves it as it was. */
export default function Editor({ message, onClose }: { message: Message; onClose(): void }) {
  const input = useRef<HTMLTextAreaElement>(null);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  /** The version that is being changed: whatever else is saved meanwhile is not to be overwritten unseen. */
  const base = useRef(message.version);
  /** What was saved last, for all that is known: its answer may have been lost. */
  const tried = useRef<string>(undefined);

  useEffect(() => {
    const area = input.current;
    if (!area) return;
    grow(area);
    area.focus();
    area.setSelectionRange(area.value.length, area.value.length);
  }, []);

  async function save() {
    const text = input.current?.value.trim() ?? "";
    if (!text || text === message.text) return onClose();
    if (message.text === tried.current) base.current = message.version;
    tried.current = text;
    setBusy(true);
    try {
      const params = { path: { message: message.id }, header: { "If-Match": `"${base.current}"` } };
      storeMessage(await ok(api.PATCH("/messages/{message}", { params, body: { text } })));
      onClose();
    } catch (cause) {
      const { code, message: text } = problemOf(cause);
      setProblem(
        code === "precondition_failed" ? "It was changed elsewhere meanwhile. Close and open it again." : text,
      );
      setBusy(false);
    }
  }

  return (
    <div className={styles.editor}>
      <textarea
        ref={input}
        className={styles.input}
        aria-label="Edit message"
        defaultValue={message.text}
        rows={1}
        onInput={(event) => grow(event.currentTarget)}
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.nativeEvent.isComposing || event.keyCode === 229) return;
          if (event.key === "Escape") onClose();
          if (event.key === "Enter" && !event.shiftKey) {
            event.preventDefault();
            void save();
          }
        }}
      />
      <div className={styles.actions}>
        <Button size="small" look="primary" disabled={busy} onClick={() => void save()}>
          Save
        </Button>
        <Button size="small" onClick={onClose}>
          Cancel
        </Button>
        {problem && (
          <span className={styles.problem} role="alert">
            {problem}
          </span>
        )}
      </div>
    </div>
  );
}
