import { type ComponentType, useEffect, useState } from "react";
import { toast } from "./toast";

const waiting: (() => Promise<void>)[] = [];

interface Closes {
  onClose?(): void;
}

/**
 * A component outside of the first script. It is fetched by fetchLater, or when it is
 * needed before that; until it is here `Meanwhile` stands in its place. When it cannot
 * be fetched that is said, it is closed, and the next time tries again.
 */
export function later<P extends object>(
  load: () => Promise<{ default: ComponentType<P> }>,
  Meanwhile?: ComponentType<P>,
): ComponentType<P & Closes> {
  let Part: ComponentType<P> | undefined;
  const fetch = async () => {
    Part ??= (await load()).default;
  };
  waiting.push(fetch);
  return function Later(props: P & Closes) {
    const [, setHere] = useState(Part !== undefined);
    const { onClose } = props;
    // biome-ignore lint/correctness/useExhaustiveDependencies: it is fetched once, whatever closing it means by then.
    useEffect(() => {
      if (Part) return;
      fetch().then(
        () => setHere(true),
        () => {
          toast("This part of the app could not be fetched. Try again when there is a connection, or reload the page.");
          onClose?.();
        },
      );
    }, []);
    if (Part) return <Part {...props} />;
    return Meanwhile ? <Meanwhile {...props} /> : null;
  };
}

let busy = false;

/**
 * Fetches what was left for later, one part after the other, whenever the browser has
 * nothing else to do. It ends where one cannot be fetched, and the next call goes on there.
 */
export async function fetchLater(): Promise<void> {
  if (busy) return;
  busy = true;
  try {
    for (let fetch = waiting[0]; fetch; fetch = waiting[0]) {
      await idle();
      await fetch();
      waiting.shift();
    }
  } catch {
    // There is no connection, or another version of the server.
  } finally {
    busy = false;
  }
}

const idle = () =>
  new Promise<unknown>((resolve) =>
    "requestIdleCallback" in window ? requestIdleCallback(resolve) : setTimeout(resolve, 200),
  );
