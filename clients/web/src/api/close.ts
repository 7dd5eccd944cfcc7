interface Rule {
  /** Not to be opened again by itself. */
  stop: boolean;
  /** The cursor is of no use any more. */
  forget: boolean;
  /** Perhaps the session has ended, perhaps the hello was only late: an ordinary request tells. */
  ask: boolean;
  /** Counts against the one try that a protocol error has. */
  strike: boolean;
  /** What the server asks to wait, in milliseconds. */
  retryAfter: number;
}

/** Sent for a session that is not known, and to whoever said no hello in time, as a page that slept. */
const NO_HELLO = 4401;
const PROTOCOL_ERRORS = new Set([1002, 1003, 1007, 1009, 1011]);

/** What to do after a close: the table of the WebSocket's documents. */
export function closeRule(code: number, reason: string, strikes: number): Rule {
  const protocol = PROTOCOL_ERRORS.has(code);
  return {
    stop: (code >= 4400 && code < 4500 && code !== NO_HELLO) || (protocol && strikes > 0),
    ask: code === NO_HELLO,
    forget: code === 4100,
    strike: protocol,
    retryAfter: retryAfterOf(reason),
  };
}

function retryAfterOf(reason: string): number {
  try {
    const { retry_after_ms: ms } = JSON.parse(reason) as { retry_after_ms?: unknown };
    return typeof ms === "number" && ms > 0 ? Math.min(ms, 300_000) : 0;
  } catch {
    return 0; // no reason, or not JSON: a proxy closed
  }
}

const TEXTS: Record<number, string> = {
  4400: "This page and the server do not understand each other. Reload the page.",
  4403: "This account is suspended.",
  4409: "Too many open tabs are connected. Close some, then try again.",
  4410: "This session was ended.",
  4426: "The server was updated. Reload the page.",
};

/** Why the connection stays closed, for a person. */
export function closeText(code: number): string {
  return TEXTS[code] ?? `The connection failed (${code}). Reload the page.`;
}
