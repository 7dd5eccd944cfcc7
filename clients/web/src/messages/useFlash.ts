import type { Virtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";
import { type Row, shows } from "./rows";

const FLASH_FOR = 2400;

/** Scrolls to the message of a permalink once it is here, and marks it for a moment. */
export function useFlash(
  target: string | null,
  rows: Row[],
  list: Virtualizer<HTMLDivElement, Element>,
): string | null {
  const [flash, setFlash] = useState<string | null>(null);
  const done = useRef<string | null>(null);
  useEffect(() => {
    if (!target || done.current === target) return;
    const index = rows.findIndex((row) => shows(row, target));
    if (index < 0) return;
    done.current = target;
    list.scrollToIndex(index, { align: "center" });
    setFlash(target);
  }, [target, rows, list]);
  useEffect(() => {
    if (!flash) return;
    const timer = setTimeout(() => setFlash(null), FLASH_FOR);
    return () => clearTimeout(timer);
  }, [flash]);
  return flash;
}
