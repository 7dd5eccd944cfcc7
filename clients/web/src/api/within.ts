/**
 * How long the server may say nothing before a request counts as lost, in milliseconds. It ends its own work on one
 * after 30 s, so that a change which is given up is under way no more.
 */
export const silence = { read: 15_000, write: 35_000 };

/** What even a slow line takes up, in bytes per millisecond: a large body has the time for it. */
const SLOWEST = 16;

/**
 * Fetches an answer with all of its body, which is text. A network that swallows what is sent, as a captive portal's or a sleeping
 * laptop's does, never says so: silence ends the request, which then rejects with a TimeoutError. What only reads is
 * asked once more before that, since a lost connection is often replaced by one that works.
 */
export async function fetchWithin(request: Request, bytes = 0): Promise<Response> {
  if (request.method !== "GET") return attempt(request, silence.write + bytes / SLOWEST);
  const again = request.clone();
  return attempt(request, silence.read).catch((cause) => {
    if (!isSilence(cause)) throw cause;
    return attempt(again, silence.read);
  });
}

/** Whether a request was given up because nothing came. */
export const isSilence = (cause: unknown): boolean => cause instanceof DOMException && cause.name === "TimeoutError";

async function attempt(request: Request, within: number): Promise<Response> {
  const given = new AbortController();
  const giveUp = () => given.abort(new DOMException("nothing came", "TimeoutError"));
  let timer = setTimeout(giveUp, within);
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(giveUp, within);
  };
  try {
    const response = await globalThis.fetch(request, { signal: given.signal });
    const reader = response.body?.getReader();
    if (!reader) return response;
    const decoder = new TextDecoder();
    let text = "";
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      heard();
      text += decoder.decode(part.value, { stream: true });
    }
    // Some statuses may have no body, not even the empty one that Chromium gives them.
    return new Response(text || null, response);
  } finally {
    clearTimeout(timer);
  }
}
