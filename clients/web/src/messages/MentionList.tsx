import { useEffect, useRef } from "react";
import { Avatar } from "../ui/Avatar";
import { Icon } from "../ui/Icon";
import styles from "./Composer.module.css";
import type { Candidate } from "./mentions";

interface Props {
  id: string;
  list: Candidate[];
  index: number;
  onChoose(candidate: Candidate): void;
}

/** Who may be meant, above the composer; the text area keeps the focus and drives it. */
export function MentionList({ id, list, index, onChoose }: Props) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    ref.current?.children[index]?.scrollIntoView({ block: "nearest" });
  }, [index]);
  return (
    <div ref={ref} id={id} className={styles.suggestions} role="listbox" aria-label="People to mention">
      {list.map((candidate, i) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the text area has the focus and takes the keys.
        // biome-ignore lint/a11y/useFocusableInteractive: aria-activedescendant of the text area points here.
        <div
          key={candidate.name}
          id={`${id}-${i}`}
          role="option"
          aria-selected={i === index}
          className={styles.option}
          // The text area must not lose the focus to a press here.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onChoose(candidate)}
        >
          {candidate.id ? (
            <Avatar id={candidate.id} name={candidate.display} size={24} />
          ) : (
            <span className={styles.all}>
              <Icon name="users" />
            </span>
          )}
          <span>{candidate.display}</span>
          <span className={styles.name}>@{candidate.name}</span>
        </div>
      ))}
    </div>
  );
}
