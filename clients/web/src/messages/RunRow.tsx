import { useState } from "react";
import type { Message } from "../api/types";
import { useStore } from "../store/store";
import { Icon } from "../ui/Icon";
import { timeText } from "../ui/time";
import styles from "./MessageRow.module.css";
import { type RunPart, runText } from "./runs";

const list = new Intl.ListFormat("en", { type: "conjunction" });

interface Props {
  run: Message[];
  tabIndex: 0 | -1;
  flash: boolean;
}

/** Several people who came and went, in one row; those who are only counted can be named. */
export function RunRow({ run, tabIndex, flash }: Props) {
  const users = useStore((s) => s.users);
  const [all, setAll] = useState(false);
  const parts = runText(run, ({ author }) => users[author.id]?.display_name ?? author.display_name);
  const spoken = parts.map((p) => `${list.format([...p.names, ...p.others])} ${p.text}`).join(". ");
  return (
    <article
      aria-label={`${spoken}, ${timeText(run.at(-1)?.created_at ?? "")}`}
      tabIndex={tabIndex}
      className={`${styles.row} ${styles.system} ${flash ? styles.flash : ""}`}
    >
      <span className={styles.systemIcon}>
        <Icon name="users" size={16} />
      </span>
      <p>
        {parts.map((part, i) => (
          <span key={part.text}>
            {i > 0 && ". "}
            <Names
              part={part}
              all={all}
              onAll={(button) => {
                button.closest("article")?.focus(); // the button is gone then
                setAll(true);
              }}
            />{" "}
            {part.text}
          </span>
        ))}
      </p>
    </article>
  );
}

function Names({ part, all, onAll }: { part: RunPart; all: boolean; onAll(button: HTMLElement): void }) {
  const shown = all ? [...part.names, ...part.others] : part.names;
  const others = part.others.length;
  const count = `${others} ${others === 1 ? "other" : "others"}`;
  const entries = all || others === 0 ? shown : [...shown, count];
  let at = 0;
  return list.formatToParts(entries).map(({ type, value }) => {
    if (type === "literal") return value;
    const i = at++;
    if (i < shown.length)
      return (
        <span key={value} className={styles.systemName}>
          {value}
        </span>
      );
    return (
      <button
        key="others"
        type="button"
        className={styles.others}
        title={part.others.join(", ")}
        onClick={(event) => onAll(event.currentTarget)}
      >
        {value}
      </button>
    );
  });
}
