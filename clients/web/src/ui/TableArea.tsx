import type { ReactNode } from "react";
import styles from "./Page.module.css";

/** Where a table scrolls sideways on a narrow screen, by keyboard too. */
export function TableArea({ label, children }: { label: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <section className={styles.scroll} aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
