import { useCallback, useEffect, useRef } from "react";

/** Tells whether a component is still there: a slow answer may come when it has been closed. */
export function useHere(): () => boolean {
  const here = useRef(false);
  useEffect(() => {
    here.current = true;
    return () => {
      here.current = false;
    };
  }, []);
  return useCallback(() => here.current, []);
}
