import type { Virtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useRef, useState } from "react";
import { useLocation } from "wouter";
import { backoff } from "../api/backoff";
import { ApiError, problemOf } from "../api/client";
import { report } from "../api/report";
import { get, useStore, useTimeline } from "../store/store";
import { toast } from "../ui/toast";
import { leave, loadAfter, loadAround, loadBack, loadBefore, loadLatest } from "./history";
import { fromEnd } from "./place";
import type { Row } from "./rows";

/** So many rows before an edge comes into sight, what lies beyond it is fetched. */
const AHEAD = 40;

type List = Virtualizer<HTMLDivElement, Element>;

/** Keeps the stretch of messages in memory around what is being looked at. */
export function useStretch(id: string, target: string | null, list: List, rows: Row[]) {
  const timeline = useTimeline(id);
  const [failed, setFailed] = useState<ApiError>();
  const [tries, setTries] = useState(0);
  const [loads, setLoads] = useState(0);
  const [, navigate] = useLocation();
  const online = useStore((s) => s.connection.name === "online");
  const pending = useRef<Promise<void> | null>(null);
  const failures = useRef(0);

  /** Fetches one after the other; what the edges ask for again and again is left out while something is on its way. */
  const load = useCallback(async (work: () => Promise<void>, optional = false) => {
    if (optional && pending.current) return;
    const mine = (pending.current ?? Promise.resolve()).then(async () => {
      try {
        await work();
        failures.current = 0;
        setFailed(undefined);
      } catch (cause) {
        if (!(cause instanceof ApiError)) report(cause, "history");
        setFailed(problemOf(cause));
      }
    });
    pending.current = mine;
    await mine;
    if (pending.current === mine) pending.current = null;
    setLoads((n) => n + 1); // what was left out meanwhile may be needed now
  }, []);

  const stale = timeline?.stale ?? true;
  const missing = target !== null && !timeline?.messages.some((m) => m.id === target);
  const asked = useRef<string | null>(null);
  const retry = useCallback(() => {
    asked.current = null;
    setFailed(undefined);
    setTries((n) => n + 1);
  }, []);
  // What failed for want of a connection or a moment's rest is asked for again, without anybody's doing.
  useEffect(() => {
    if (!failed?.transient || !online) return;
    const timer = setTimeout(retry, backoff(failures.current++, failed.retryAfter * 1000));
    return () => clearTimeout(timer);
  }, [failed, online, retry]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a retry is a reason to load again.
  useEffect(() => {
    if (target && missing && asked.current !== target) {
      asked.current = target;
      void load(async () => {
        try {
          await loadAround(id, target);
        } catch (cause) {
          if (!problemOf(cause).fields.around) throw cause;
          toast("This message does not exist, or does not any more.");
          navigate(withoutMessage(), { replace: true });
        }
      });
    } else if (stale) {
      // Whoever reads far back stays there: the stretch around them is read afresh.
      const anchor = fromEnd(list) <= 80 ? undefined : firstMessage(list, rows);
      void load(() => (anchor ? loadAround(id, anchor) : loadLatest(id)));
    }
  }, [id, target, missing, stale, tries, load, navigate]);

  const first = list.range?.startIndex ?? 0;
  const last = list.range?.endIndex ?? 0;
  const size = timeline?.messages.length ?? 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each page that came is a reason to look again.
  useEffect(() => {
    if (!timeline || timeline.stale || failed) return;
    // Many messages may stand in few rows: more are asked for at once then.
    if (timeline.has_before && first < AHEAD) void load(() => loadBefore(id, rows.length < AHEAD), true);
    else if (timeline.has_after && last > rows.length - AHEAD) void load(() => loadAfter(id), true);
  }, [id, first, last, size, timeline?.has_before, timeline?.has_after, failed, loads, load]);

  useEffect(() => () => leave(id), [id]);

  const toPresent = useCallback(async () => {
    if (get().timelines[id]?.has_after) {
      await load(() => loadLatest(id));
      if (target) navigate(withoutMessage(), { replace: true });
    }
    requestAnimationFrame(() => list.scrollToEnd());
  }, [id, list, load, navigate, target]);

  const latest = useRef(rows);
  latest.current = rows;
  const toPosition = useCallback(
    async (position: number) => {
      await load(() => loadBack(id, position));
      requestAnimationFrame(() => {
        const index = latest.current.findIndex((row) => row.kind === "new");
        if (index >= 0) list.scrollToIndex(index, { align: "center" });
      });
    },
    [id, list, load],
  );

  return {
    failed: timeline ? undefined : failed,
    retry,
    toPresent,
    toPosition,
  };
}

const withoutMessage = () => location.pathname.replace(/\/m\/[^/]+$/, "");

function firstMessage(list: List, rows: Row[]): string | undefined {
  for (let i = list.range?.startIndex ?? 0; i < rows.length; i++) {
    const row = rows[i];
    if (row?.kind === "message") return row.message.id;
  }
  return undefined;
}
