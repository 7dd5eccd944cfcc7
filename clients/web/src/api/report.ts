import { api } from "./client";

interface Entry {
  level: "error" | "warn";
  message: string;
  at: string;
  fields: Record<string, string | number>;
}

const FLUSH_AFTER = 2000;
const PER_MINUTE = 20;

const queue: Entry[] = [];
let sent: number[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;

/**
 * Tells the server's log about an error of this page: the kind and the stack, never
 * what people wrote. Bounded, so that an error in a loop does not flood the log.
 */
export function report(error: unknown, where: string): void {
  const now = Date.now();
  sent = sent.filter((t) => now - t < 60_000);
  if (sent.length >= PER_MINUTE) return;
  sent.push(now);
  const known = error instanceof Error;
  queue.push({
    level: "error",
    message: (known ? `${error.name}: ${error.message}` : String(error)).slice(0, 500) || "unknown error",
    at: new Date().toISOString(),
    fields: {
      where,
      route: location.pathname.split("/")[1] ?? "",
      stack: known ? (error.stack ?? "").slice(0, 1500) : "",
    },
  });
  if (timer === undefined) timer = setTimeout(flush, FLUSH_AFTER);
}

function flush(): void {
  timer = undefined;
  const entries = queue.splice(0, 100);
  if (entries.length === 0) return;
  // A report that fails is dropped: reporting must not make errors of its own.
  api.POST("/client-logs", { body: { entries } }).catch(() => {});
}

/** Reports what nobody catches. */
export function reportUncaught(): void {
  addEventListener("error", (event) => {
    // Layout that takes more than a frame to settle is no error.
    if (!event.message.startsWith("ResizeObserver loop")) report(event.error ?? event.message, "window");
  });
  addEventListener("unhandledrejection", (event) => report(event.reason, "promise"));
}
