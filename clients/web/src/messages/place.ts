import type { VirtualItem, Virtualizer } from "@tanstack/react-virtual";

type List = Virtualizer<HTMLDivElement, Element>;

interface Place {
  offset: number;
  measurements: VirtualItem[];
}

/** How far the view is from the end, by the list's own figures: to ask the document would lay it out once more. */
export function fromEnd(list: List): number {
  return list.getTotalSize() - (list.scrollOffset ?? 0) - (list.scrollRect?.height ?? 0);
}

const places = new Map<string, Place>();

/** Remembers where somebody was reading who was not at the end. */
export function keepPlace(conversation: string, list: List): void {
  if (fromEnd(list) <= 80 || list.scrollOffset === null) places.delete(conversation);
  else places.set(conversation, { offset: list.scrollOffset, measurements: list.takeSnapshot() });
}

export const placeOf = (conversation: string): Place | null => places.get(conversation) ?? null;

/**
 * Whether a row that turns out higher or lower than assumed moves the scroll position
 * with it, so that what is being read stays where it is. Rows are told apart by their
 * index: when several are measured at once, the later ones' places are not up to date,
 * and judging by those loses a pixel or two now and then.
 */
export function keepsPlace(item: VirtualItem, _delta: number, list: List): boolean {
  const offset = list.scrollOffset ?? 0;
  const first = list.range?.startIndex ?? 0;
  if (!list.itemSizeCache.has(item.key)) return item.index < first || (item.index === first && item.start < offset);
  return item.end <= offset && list.scrollDirection !== "backward";
}
