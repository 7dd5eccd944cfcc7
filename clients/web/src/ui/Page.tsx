import { type ReactNode, useEffect, useRef } from "react";
import { Link, useLocation } from "wouter";
import { useNamed } from "../useTitle";
import { Icon } from "./Icon";
import { IconButton } from "./IconButton";
import type { IconName } from "./icons.gen";
import styles from "./Page.module.css";
import { PHONE, useMedia } from "./useMedia";

interface Props {
  title: string;
  /** The path before the tab's name. */
  base: string;
  tab: string;
  tabs: readonly (readonly [name: string, text: string, icon: IconName])[];
  wide?: boolean;
  children: ReactNode;
}

/** A page of forms and lists beside the sidebar, with its parts as tabs. */
export function Page({ title, base, tab, tabs, wide, children }: Props) {
  const phone = useMedia(PHONE);
  const [, navigate] = useLocation();
  const bar = useRef<HTMLElement>(null);
  const open = tabs.find(([name]) => name === tab) ?? tabs[0];
  useNamed(open ? `${open[1]} · ${title}` : title);
  // On a narrow screen the tabs scroll: the one that is open is never cut off.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another tab is another place to scroll to.
  useEffect(() => {
    bar.current?.querySelector("[aria-current]")?.scrollIntoView?.({ inline: "center", block: "nearest" });
  }, [tab, phone]);
  return (
    <main className={styles.page}>
      <header className={styles.header}>
        {phone && <IconButton icon="arrow-left" label="Back to the list" onClick={() => navigate("/")} />}
        <h1>{title}</h1>
      </header>
      <nav ref={bar} className={styles.tabs} aria-label={title}>
        {tabs.map(([name, text, icon]) => (
          <Link key={name} href={`${base}/${name}`} aria-current={name === tab ? "page" : undefined}>
            <Icon name={icon} size={16} />
            {text}
          </Link>
        ))}
      </nav>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <div className={styles.body} tabIndex={0}>
        <div className={`${styles.content} ${wide ? styles.wide : ""}`}>{children}</div>
      </div>
    </main>
  );
}

export const pageStyles = styles;
