/** Where an unread conversation stands in the sidebar, in pixels from its beginning. */
export interface Spot {
  top: number;
  height: number;
  /** Whether it calls the reader. */
  called: boolean;
}

export interface Away {
  /** Where the nearest of them is. */
  top: number;
  count: number;
  called: boolean;
}

/** The unread conversations above and below what is in view: less than half of each can be seen. */
export function away(unread: Spot[], view: { top: number; bottom: number }) {
  const above = unread.filter((s) => s.top + s.height / 2 < view.top);
  const below = unread.filter((s) => s.top + s.height / 2 > view.bottom);
  return { above: sum(above, above.at(-1)), below: sum(below, below[0]) };
}

function sum(spots: Spot[], nearest: Spot | undefined): Away | null {
  return nearest ? { top: nearest.top, count: spots.length, called: spots.some((s) => s.called) } : null;
}
