import type { VirtualItem, Virtualizer } from "@tanstack/react-virtual";

interface Place {
  offset: number;
  measurements: VirtualItem[];
}

const places = new Map<string, Place>();

/** Remembers where somebody was reading who was not at the end. */
export function keepPlace(conversation: string, list: Virtualizer<HTMLDivElement, Element>): void {
  if (list.isAtEnd(80) || list.scrollOffset === null) places.delete(conversation);
  else places.set(conversation, { offset: list.scrollOffset, measurements: list.takeSnapshot() });
}

export const placeOf = (conversation: string): Place | null => places.get(conversation) ?? null;
