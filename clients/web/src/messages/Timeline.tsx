import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { Conversation, Timeline as Stretch } from "../store/state";
import { useMe, useOutgoing, useStore, useTimeline } from "../store/store";
import { fromEnd, keepPlace, keepsPlace, placeOf } from "./place";
import { useMarkRead, useNewLine, useWatched } from "./reading";
import { buildRows, estimateRow, shows } from "./rows";
import { Skeleton } from "./Skeleton";
import styles from "./Timeline.module.css";
import { EndPill, NewPill } from "./TimelinePills";
import { TimelineRow } from "./TimelineRow";
import { useFlash } from "./useFlash";
import { useFolding } from "./useFolding";
import { useRoving } from "./useRoving";
import { useStretch } from "./useStretch";

/** Within this many pixels of the end the timeline follows what comes. */
const FOLLOW = 80;
const OVERSCAN = 6;

/** Before the messages are here there is nothing but what one writes oneself. */
const NOT_YET: Stretch = { messages: [], has_before: true, has_after: false, stale: true };

interface Props {
  conversation: Conversation;
  /** The message of a permalink, to be shown in the middle. */
  target: string | null;
  editing: string | null;
  onEdit(id: string | null): void;
}

/**
 * A conversation's messages: virtualised, anchored at the end, and never moving under
 * the reader when older ones are put before. Mounted afresh for each conversation.
 */
export function Timeline({ conversation, target, editing, onEdit }: Props) {
  const id = conversation.conversation_id;
  const me = useMe()?.id ?? "";
  const timeline = useTimeline(id);
  const outgoing = useOutgoing(id);
  const muted = useStore((s) => s.muted);
  const { unfolded, fold, holds } = useFolding();
  const watched = useWatched();
  const [atEnd, setAtEnd] = useState(true);
  const scroller = useRef<HTMLDivElement>(null);
  const present = atEnd && timeline?.has_after === false;
  const newLine = useNewLine(conversation, present, watched);
  useMarkRead(conversation, present && timeline !== undefined, watched);

  const rows = useMemo(
    () => buildRows(timeline ?? NOT_YET, timeline?.has_after ? [] : outgoing, newLine.line, me, { muted, unfolded }),
    [timeline, outgoing, newLine.line, me, muted, unfolded],
  );
  const width = useRef(800);
  const [place] = useState(() => (target ? null : placeOf(id)));
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (i) => estimateRow(rows[i], width.current),
    getItemKey: (i) => rows[i]?.key ?? i,
    overscan: OVERSCAN,
    anchorTo: "end",
    followOnAppend: timeline?.has_after === false,
    scrollEndThreshold: holds ? -1 : FOLLOW,
    paddingEnd: 12,
    initialOffset: place?.offset ?? 0,
    initialMeasurementsCache: place?.measurements ?? [],
    onChange: (v) => {
      width.current = v.scrollRect?.width || width.current;
      setAtEnd(fromEnd(v) <= FOLLOW);
    },
  });

  virtualizer.shouldAdjustScrollPositionOnItemSizeChange = keepsPlace;

  const stretch = useStretch(id, target, virtualizer, rows);
  const flash = useFlash(target, rows, virtualizer);
  const roving = useRoving(rows, virtualizer, scroller);

  // The first rows are shown from their end, unless a place or a permalink says otherwise.
  const opened = useRef(place !== null);
  useLayoutEffect(() => {
    if (opened.current || !timeline || rows.length === 0) return;
    opened.current = true;
    if (!target) virtualizer.scrollToEnd();
  }, [timeline, rows.length, target, virtualizer]);

  // What is to be changed may be far from what is in view.
  const editingAt = rows.findIndex((row) => row.kind === "message" && row.message.id === editing);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is gone to once, when the change begins.
  useEffect(() => {
    if (editingAt >= 0 && !virtualizer.getVirtualItems().some((item) => item.index === editingAt))
      virtualizer.scrollToIndex(editingAt);
  }, [editing]);

  // One's own message always takes one to the end.
  const queued = outgoing.length;
  const before = useRef(queued);
  useEffect(() => {
    if (queued > before.current) void stretch.toPresent();
    before.current = queued;
  }, [queued, stretch.toPresent]);

  useEffect(() => () => keepPlace(id, virtualizer), [id, virtualizer]);

  const items = virtualizer.getVirtualItems();
  const firstShown = items.find((item) => item.end > (virtualizer.scrollOffset ?? 0))?.index ?? 0;
  const newRow = rows.findIndex((row) => row.kind === "new");
  return (
    <div className={styles.wrap}>
      <div
        ref={scroller}
        className={styles.scroll}
        role="log"
        aria-live="off"
        aria-label="Messages"
        id="timeline"
        tabIndex={-1}
      >
        <ol
          className={styles.list}
          style={{ height: virtualizer.getTotalSize() }}
          onKeyDown={(event) => {
            if (event.key === "Escape") newLine.clear();
            roving.onKeyDown(event, onEdit);
          }}
          onFocus={roving.onFocus}
        >
          {items.map((item) => {
            const row = rows[item.index];
            if (!row) return null;
            return (
              <li
                key={item.key}
                ref={virtualizer.measureElement}
                className={styles.item}
                data-index={item.index}
                data-key={row.key}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <TimelineRow
                  row={row}
                  conversation={conversation}
                  me={me}
                  tabIndex={roving.tabIndexOf(row.key)}
                  flash={flash !== null && shows(row, flash)}
                  editing={row.kind === "message" && row.message.id === editing}
                  onEdit={onEdit}
                  onFold={fold}
                />
              </li>
            );
          })}
        </ol>
      </div>
      {!timeline && (stretch.failed || outgoing.length === 0) && (
        <Skeleton failed={stretch.failed} onRetry={stretch.retry} />
      )}
      <NewPill
        conversation={conversation}
        line={newLine.line}
        above={
          timeline !== undefined && newLine.line !== null && (newRow < 0 ? timeline.has_before : newRow < firstShown)
        }
        unread={newLine.unreadAtOpening}
        onJump={() => void stretch.toPosition(newLine.line ?? 0)}
        onDismiss={newLine.clear}
      />
      <EndPill
        conversation={conversation}
        shown={timeline !== undefined && !present}
        onJump={() => void stretch.toPresent()}
      />
    </div>
  );
}
