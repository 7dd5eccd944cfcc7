import { useCallback, useEffect, useRef, useState } from "react";
import { ApiError, problemOf } from "../api/client";
import { report } from "../api/report";

interface Page<T> {
  data: T[];
  page: { next: string | null };
}

/** A list of the server, page by page, read afresh when `load` changes. */
export function useList<T>(load: (cursor: string | undefined) => Promise<Page<T>>) {
  const [rows, setRows] = useState<T[]>();
  const [next, setNext] = useState<string | null>(null);
  const [problem, setProblem] = useState("");

  /** The reading that counts: the last one that began. */
  const latest = useRef({});
  const [busy, setBusy] = useState(false);

  const read = useCallback(
    async (cursor: string | undefined) => {
      const mine = {};
      latest.current = mine;
      setBusy(true);
      try {
        const answer = await load(cursor);
        if (latest.current !== mine) return;
        setRows((known) => (cursor ? [...(known ?? []), ...answer.data] : answer.data));
        setNext(answer.page.next);
        setProblem("");
      } catch (cause) {
        if (!(cause instanceof ApiError)) report(cause, "list");
        if (latest.current === mine) setProblem(problemOf(cause).message);
      }
      if (latest.current === mine) setBusy(false);
    },
    [load],
  );

  useEffect(() => {
    void read(undefined);
    return () => {
      latest.current = {};
    };
  }, [read]);

  return {
    rows,
    problem,
    /** Reads the next page; undefined at the end. */
    more: next ? () => void (busy || read(next)) : undefined,
    /** Reads the list again from its start. */
    again: () => read(undefined),
    /** Changes the rows here, as an answer said. */
    change: setRows,
  };
}
