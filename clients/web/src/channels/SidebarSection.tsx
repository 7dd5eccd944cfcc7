import { type ReactNode, useState } from "react";
import { Icon } from "../ui/Icon";
import { IconButton } from "../ui/IconButton";
import styles from "./Sidebar.module.css";

interface Props {
  title: string;
  fold: Fold;
  add?: { label: string; onClick(): void };
  children: ReactNode;
}

interface Fold {
  open: boolean;
  toggle(): void;
}

const key = (title: string) => `dankerchat.section.${title}`;

/** Whether a section is open; kept in this browser. */
export function useFold(title: string): Fold {
  const [open, setOpen] = useState(() => readOpen(title));
  return {
    open,
    toggle: () => {
      setOpen(!open);
      try {
        localStorage.setItem(key(title), open ? "closed" : "open");
      } catch {
        // Storage may be blocked; the section opens again with the next page.
      }
    },
  };
}

/** A part of the sidebar that can be folded. */
export function SidebarSection({ title, fold, add, children }: Props) {
  return (
    <section className={styles.section} aria-label={title}>
      <div className={styles.sectionHead}>
        <h2>
          <button type="button" className={styles.toggle} aria-expanded={fold.open} onClick={fold.toggle}>
            <Icon name="chevron-right" size={14} />
            {title}
          </button>
        </h2>
        {add && <IconButton icon="plus" label={add.label} small onClick={add.onClick} />}
      </div>
      {children}
    </section>
  );
}

function readOpen(title: string): boolean {
  try {
    return localStorage.getItem(key(title)) !== "closed";
  } catch {
    return true;
  }
}
