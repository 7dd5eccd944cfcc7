import { defaultRangeExtractor, useVirtualizer } from "@tanstack/react-virtual";
import { type FocusEvent, type KeyboardEvent, type RefObject, useLayoutEffect, useRef, useState } from "react";
import type { Conversation } from "../store/state";
import { useMedia } from "../ui/useMedia";
import styles from "./Sidebar.module.css";
import { SidebarItem } from "./SidebarItem";

/** The height of an entry, as the style sheet has it. */
export const ROW = 30;
export const COARSE_ROW = 44;
export const COARSE = "(pointer: coarse)";
const OVERSCAN = 10;

interface Props {
  conversations: Conversation[];
  active: string | null;
  scroller: RefObject<HTMLElement | null>;
  /** Makes only the entries in view; the others are room that is kept free. */
  windowed: boolean;
  titleOf(conversation: Conversation): string;
}

/** The conversations of a section; the arrow keys move through them. */
export function SidebarList(props: Props) {
  if (props.conversations.length === 0) return null;
  return props.windowed ? <Windowed {...props} /> : <Whole {...props} />;
}

function Whole({ conversations, active, titleOf }: Props) {
  return (
    <ul onKeyDown={moveFocus}>
      {conversations.map((c) => (
        <li key={c.conversation_id}>
          <SidebarItem conversation={c} title={titleOf(c)} current={c.conversation_id === active} />
        </li>
      ))}
    </ul>
  );
}

function Windowed({ conversations, active, scroller, titleOf }: Props) {
  const list = useRef<HTMLUListElement>(null);
  const [margin, setMargin] = useState(0);
  const [focused, setFocused] = useState<string | null>(null);
  const row = useMedia(COARSE) ? COARSE_ROW : ROW;
  const at = (id: string | null) => conversations.findIndex((c) => c.conversation_id === id);
  const virtualizer = useVirtualizer({
    count: conversations.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => row,
    getItemKey: (i) => conversations[i]?.conversation_id ?? i,
    overscan: OVERSCAN,
    scrollMargin: margin,
    // What the keyboard may go to is there, in view or not: the ends, the one in view, the one beside the focus.
    rangeExtractor: (range) => {
      const last = conversations.length - 1;
      const focus = at(focused);
      const also = [0, last, at(active), ...(focus < 0 ? [] : [focus - 1, focus, focus + 1])];
      const within = also.filter((i) => i >= 0 && i <= last);
      return [...new Set([...defaultRangeExtractor(range), ...within])].sort((a, b) => a - b);
    },
  });
  // What stands above may have become higher or lower.
  useLayoutEffect(() => {
    const top = list.current?.offsetTop ?? 0;
    if (top !== margin) setMargin(top);
  });
  return (
    <ul
      ref={list}
      className={styles.windowed}
      style={{ blockSize: virtualizer.getTotalSize() }}
      onKeyDown={moveFocus}
      onFocus={(event: FocusEvent<HTMLElement>) =>
        setFocused(event.target.closest<HTMLElement>("[data-id]")?.dataset.id ?? null)
      }
    >
      {virtualizer.getVirtualItems().map((item) => {
        const c = conversations[item.index];
        return (
          c && (
            <li
              key={item.key}
              data-id={c.conversation_id}
              aria-posinset={item.index + 1}
              aria-setsize={conversations.length}
              style={{ transform: `translateY(${item.start - margin}px)` }}
            >
              <SidebarItem conversation={c} title={titleOf(c)} current={c.conversation_id === active} />
            </li>
          )
        );
      })}
    </ul>
  );
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
