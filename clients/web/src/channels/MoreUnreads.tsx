import { type RefObject, useEffect, useRef, useState } from "react";
import { type Conversation, unreadOf } from "../store/state";
import { Icon } from "../ui/Icon";
import { type Away, away } from "./away";
import { badgeOf } from "./order";
import styles from "./Sidebar.module.css";

interface Props {
  scroller: RefObject<HTMLElement | null>;
  /** The conversations of each list in the scroller, in its order. */
  lists: Conversation[][];
}

/** Leads to the unread conversations that are out of view. */
export default function MoreUnreads({ scroller, lists }: Props) {
  const [sides, setSides] = useState<{ above: Away | null; below: Away | null }>({ above: null, below: null });
  const known = useRef(sides);
  useEffect(() => {
    const area = scroller.current;
    if (!area) return;
    let frame = 0;
    const look = () => {
      const view = { top: area.scrollTop, bottom: area.scrollTop + area.clientHeight };
      const next = away(spots(area, lists), view);
      if (JSON.stringify(next) === JSON.stringify(known.current)) return;
      known.current = next;
      setSides(next);
    };
    // Once a frame at most, and not while React is at work: events may come by the hundred.
    const soon = () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(look);
    };
    const sizes = new ResizeObserver(soon);
    sizes.observe(area);
    area.addEventListener("scroll", soon, { passive: true });
    soon();
    return () => {
      cancelAnimationFrame(frame);
      sizes.disconnect();
      area.removeEventListener("scroll", soon);
    };
  }, [scroller, lists]);

  return (
    <>
      {(["above", "below"] as const).map((side) => {
        const found = sides[side];
        return (
          found && (
            <button
              key={side}
              type="button"
              className={`${styles.more} ${styles[side]} ${found.called ? styles.called : ""}`}
              onClick={() => scroller.current?.scrollTo({ top: found.top - scroller.current.clientHeight / 3 })}
            >
              <Icon name={side === "above" ? "arrow-up" : "arrow-down"} size={14} />
              More unreads
              <span className="visually-hidden">
                {" "}
                {side}: {found.count}
              </span>
            </button>
          )
        );
      })}
    </>
  );
}

/** Where the unread conversations stand, made or not: all entries of a list are of one height. */
function spots(area: HTMLElement, lists: Conversation[][]) {
  const elements = area.querySelectorAll<HTMLElement>("ul");
  return lists
    .filter((list) => list.length > 0)
    .flatMap((list, n) => {
      const element = elements[n];
      const height = (element?.offsetHeight ?? 0) / list.length;
      return list.flatMap((c, i) =>
        unreadOf(c) > 0 ? [{ top: (element?.offsetTop ?? 0) + i * height, height, called: badgeOf(c) > 0 }] : [],
      );
    });
}
