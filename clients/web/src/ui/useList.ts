import { useCallback, useEffect, useState } from "react";
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

  const read = useCallback(
    async (cursor: string | undefined, still: () => boolean = () => true) => {
      try {
        const answer = await load(cursor);
        if (!still()) return;
        setRows((known) => (cursor ? [...(known ?? []), ...answer.data] : answer.data));
        setNext(answer.page.next);
        setProblem("");
      } catch (cause) {
        if (!(cause instanceof ApiError)) report(cause, "list");
        if (still()) setProblem(problemOf(cause).message);
      }
    },
    [load],
  );

  useEffect(() => {
    let current = true;
    void read(undefined, () => current);
    return () => {
      current = false;
    };
  }, [read]);

  return {
    rows,
    problem,
    /** Reads the next page; undefined at the end. */
    more: next ? () => void read(next) : undefined,
    /** Reads the list again from its start. */
    again: () => read(undefined),
    /** Changes the rows here, as an answer said. */
    change: setRows,
  };
}
