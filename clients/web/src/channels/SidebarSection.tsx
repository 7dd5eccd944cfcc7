import { Children, type KeyboardEvent, type ReactNode, useState } from "react";
import { Icon } from "../ui/Icon";
import { IconButton } from "../ui/IconButton";
import styles from "./Sidebar.module.css";

interface Props {
  title: string;
  add?: { label: string; onClick(): void };
  children: ReactNode;
}

const key = (title: string) => `dankerchat.section.${title}`;

/** A part of the sidebar that can be folded; the arrow keys move through its entries. */
export function SidebarSection({ title, add, children }: Props) {
  const [open, setOpen] = useState(() => readOpen(title));
  function toggle() {
    setOpen(!open);
    try {
      localStorage.setItem(key(title), open ? "closed" : "open");
    } catch {
      // Storage may be blocked; the section opens again with the next page.
    }
  }
  return (
    <section className={styles.section} aria-label={title}>
      <div className={styles.sectionHead}>
        <h2>
          <button type="button" className={styles.toggle} aria-expanded={open} onClick={toggle}>
            <Icon name="chevron-right" size={14} />
            {title}
          </button>
        </h2>
        {add && <IconButton icon="plus" label={add.label} small onClick={add.onClick} />}
      </div>
      {open && Children.count(children) > 0 && <ul onKeyDown={moveFocus}>{children}</ul>}
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

/** Arrow keys, Home and End move between the entries of the list. */
function moveFocus(event: KeyboardEvent<HTMLUListElement>): void {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const stops = [...event.currentTarget.querySelectorAll<HTMLElement>("a, button")];
  const at = stops.indexOf(document.activeElement as HTMLElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: stops.length - 1 }[event.key];
  if (to === undefined || at < 0) return;
  event.preventDefault();
  stops[Math.max(0, Math.min(stops.length - 1, to))]?.focus();
}
