import type { Virtualizer } from "@tanstack/react-virtual";
import { type FocusEvent, type KeyboardEvent, type RefObject, useLayoutEffect, useRef, useState } from "react";
import type { Message } from "../api/types";
import { get } from "../store/store";
import type { Row } from "./rows";

/** The list's one tab stop, which the arrow keys move through the messages, shown or not. */
export function useRoving(
  rows: Row[],
  list: Virtualizer<HTMLDivElement, Element>,
  scroller: RefObject<HTMLElement | null>,
) {
  const [active, setActive] = useState<string | null>(null);
  const wanted = useRef<string | null>(null);
  const last = rows.findLast((row) => row.kind === "message")?.key;
  const stop = active !== null && rows.some((row) => row.key === active) ? active : last;

  // The row may have to be scrolled to, and so mounted, before it can have the focus.
  useLayoutEffect(() => {
    if (!wanted.current) return;
    const row = scroller.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(wanted.current)}"] article`);
    if (!row) return;
    wanted.current = null;
    row.focus({ preventScroll: true });
  });

  function move(from: string, step: 1 | -1 | "first" | "last") {
    const stops = rows.flatMap((row, index) => (row.kind === "message" ? [{ key: row.key, index }] : []));
    const at = stops.findIndex((s) => s.key === from);
    const next = step === "first" ? 0 : step === "last" ? stops.length - 1 : at + step;
    const to = stops[next];
    if (!to) return;
    wanted.current = to.key;
    setActive(to.key);
    list.scrollToIndex(to.index, { align: step === "last" ? "end" : "auto" });
  }

  return {
    tabIndexOf: (key: string): 0 | -1 => (key === stop ? 0 : -1),
    onFocus(event: FocusEvent<HTMLElement>) {
      const key = (event.target as HTMLElement).closest<HTMLElement>("[data-key]")?.dataset.key;
      if (key && key !== active) setActive(key);
    },
    onKeyDown(event: KeyboardEvent<HTMLElement>, onEdit: (id: string) => void) {
      const target = event.target as HTMLElement;
      if (target.tagName !== "ARTICLE" || event.ctrlKey || event.metaKey || event.altKey) return;
      const key = target.closest<HTMLElement>("[data-key]")?.dataset.key;
      const row = rows.find((r) => r.key === key);
      if (!key || row?.kind !== "message") return;
      const steps = { ArrowUp: -1, k: -1, ArrowDown: 1, j: 1, Home: "first", End: "last" } as const;
      const step = steps[event.key as keyof typeof steps];
      if (step) move(key, step);
      else if (event.key === "e" && editable(row.message)) onEdit(row.message.id);
      else return;
      event.preventDefault();
    },
  };
}

function editable(message: Message): boolean {
  return message.kind === "user" && message.author.id === get().me?.id && !message.deleted_at;
}
