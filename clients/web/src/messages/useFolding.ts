import { useCallback, useState } from "react";

/** Which messages of muted people the reader has unfolded, and how one is shown or folded again. */
export function useFolding() {
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set());
  // While a row grows or shrinks because the reader said so, it stays under their eyes: the end does not.
  const [holds, setHolds] = useState(false);
  const fold = useCallback((message: string, pressed: Element) => {
    const row = pressed.closest("li");
    setHolds(true);
    setUnfolded((known) => {
      const next = new Set(known);
      if (!next.delete(message)) next.add(message);
      return next;
    });
    requestAnimationFrame(() => {
      // What had the focus is gone then; the row takes it, and the view stays, unless the row goes on below it.
      const article = row?.querySelector("article");
      article?.focus({ preventScroll: true });
      article?.scrollIntoView({ block: "nearest" });
      // It is measured at the end of a frame.
      requestAnimationFrame(() => requestAnimationFrame(() => setHolds(false)));
    });
  }, []);
  return { unfolded, fold, holds };
}
