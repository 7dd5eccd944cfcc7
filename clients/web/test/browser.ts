import WebSocket from "ws";
import type { Server } from "../e2e/lib/server.mjs";

/** What vitest's jsdom environment provides. */
declare const jsdom: {
  reconfigure(settings: { url: string }): void;
  cookieJar: {
    getCookieStringSync(url: string): string;
    setCookieSync(cookie: string, url: string): void;
  };
};

/**
 * Makes the test's page one of the server's: its address, and cookies that fetch and
 * WebSocket share as in a browser. Everything else is the app's own code and the real
 * server.
 */
export function openAt(server: Server): void {
  jsdom.reconfigure({ url: server.url });
  const real = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const headers = new Headers(request.headers);
    headers.set("Origin", server.url);
    headers.set("Sec-Fetch-Site", "same-origin");
    const cookies = jsdom.cookieJar.getCookieStringSync(request.url);
    if (cookies) headers.set("Cookie", cookies);
    const body = request.body ? await request.arrayBuffer() : undefined;
    const answer = await real(request.url, { method: request.method, headers, body });
    for (const cookie of answer.headers.getSetCookie()) jsdom.cookieJar.setCookieSync(cookie, request.url);
    return answer;
  };
  // jsdom's own keeps the origin that its page had at first; this one says where the page is, as browsers do.
  globalThis.WebSocket = class extends WebSocket {
    constructor(url: string, protocol: string) {
      const cookie = jsdom.cookieJar.getCookieStringSync(server.url);
      super(url, protocol, { origin: server.url, headers: cookie ? { Cookie: cookie } : {} });
      this.on("error", () => {}); // a close follows, as in a browser
    }
  } as unknown as typeof globalThis.WebSocket;
}

/** Waits until a condition holds. */
export async function until(check: () => boolean | Promise<boolean>, what: string, within = 15_000): Promise<void> {
  const end = Date.now() + within;
  while (Date.now() < end) {
    if (await check()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`waited in vain: ${what}`);
}

/** A slow network for one answer: the next that comes from an address ending so reaches the page once `go` is called. */
export function holdBack(ending: string): { came: Promise<void>; go: () => void } {
  const real = globalThis.fetch;
  let go = () => {};
  const gone = new Promise<void>((resolve) => {
    go = resolve;
  });
  const came = new Promise<void>((resolve) => {
    globalThis.fetch = async (input, init) => {
      const answer = await real(input, init);
      if (!addressOf(input).endsWith(ending)) return answer;
      globalThis.fetch = real;
      resolve();
      await gone;
      return answer;
    };
  });
  return { came, go };
}

/** A broken network for one request: the next to an address ending so fails. */
export function cutOff(ending: string): void {
  const real = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    if (!addressOf(input).endsWith(ending)) return real(input, init);
    globalThis.fetch = real;
    throw new TypeError("fetch failed");
  };
}

const addressOf = (input: RequestInfo | URL) => (input instanceof Request ? input.url : String(input));
