import { ApiError, problemOf } from "./client";
import { randomID } from "./id";

interface Request {
  key: string;
  /** When it was first made, in epoch milliseconds. */
  since: number;
}

/** Requests to which no answer came, by what they ask for. */
const open = new Map<string, Request>();

/** After this long a request is under way no more: the server itself does not know what came of it. */
const OVER_AFTER = 60_000;

/**
 * Makes something once. As long as no answer has come, asking for the same again, from whatever form, is the same
 * request to the server, by its Idempotency-Key, and makes nothing twice; `send` gets the header, and the time of the
 * first try for what is reckoned from it. `lost` is said when a secret was made and its answer did not come: the
 * server does not keep those, so that the next try makes another.
 */
export async function once<T>(
  what: unknown,
  send: (header: { "Idempotency-Key": string }, since: number) => Promise<T>,
  lost = "",
): Promise<T> {
  const name = JSON.stringify(what);
  const request = open.get(name) ?? { key: randomID(), since: Date.now() };
  open.set(name, request);
  try {
    const made = await send({ "Idempotency-Key": request.key }, request.since);
    open.delete(name);
    return made;
  } catch (cause) {
    const { code, message, transient } = problemOf(cause);
    if (!transient || (code === "in_flight" && Date.now() - request.since > OVER_AFTER)) open.delete(name);
    if (code === "duplicate_id") throw new ApiError({ code, detail: lost });
    if (code === "network")
      throw new ApiError({ code, detail: message, hint: "You can try again: nothing is made twice." });
    throw cause;
  }
}
