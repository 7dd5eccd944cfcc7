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
    const at = fates.findIndex((fate) => request.url.endsWith(fate.ending));
    const fate = at < 0 ? undefined : fates.splice(at, 1)[0];
    const headers = new Headers(request.headers);
    headers.set("Origin", server.url);
    headers.set("Sec-Fetch-Site", "same-origin");
    const cookies = jsdom.cookieJar.getCookieStringSync(request.url);
    if (cookies) headers.set("Cookie", cookies);
    const body = request.body ? await request.arrayBuffer() : undefined;
    const { method, signal } = request;
    const send = () => real(request.url, { method, headers, body, signal });
    const answer = await (fate ? Promise.race([fate.meet(send), givenUp(signal)]) : send());
    for (const cookie of answer.headers.getSetCookie()) jsdom.cookieJar.setCookieSync(cookie, request.url);
    return answer;
  };
  // jsdom's own keeps the origin that its page had at first; this one says where the page is, as browsers do.
  globalThis.WebSocket = class extends WebSocket {
    constructor(url: string, protocol: string) {
      const cookie = jsdom.cookieJar.getCookieStringSync(server.url);
      super(url, protocol, { origin: server.url, headers: cookie ? { Cookie: cookie } : {} });
      this.on("error", () => {}); // a close follows, as in a browser
      sockets.add(this);
      this.on("close", () => sockets.delete(this));
    }
  } as unknown as typeof globalThis.WebSocket;
}

const givenUp = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));

/** Waits until a condition holds. */
export async function until(check: () => boolean | Promise<boolean>, what: string, within = 60_000): Promise<void> {
  const end = Date.now() + within;
  while (Date.now() < end) {
    if (await check()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`waited in vain: ${what}`);
}

/** What happens to one request on its way. */
interface Fate {
  ending: string;
  meet(send: () => Promise<Response>): Promise<Response>;
}

const fates: Fate[] = [];

const broken = () => new TypeError("fetch failed");

/**
 * A slow network for one request: of the next to an address ending so the answer, or the request itself, is held
 * until `go` is called.
 */
export function holdBack(ending: string, what: "answer" | "request" = "answer"): { came: Promise<void>; go(): void } {
  let go = () => {};
  const gone = new Promise<void>((resolve) => {
    go = resolve;
  });
  const came = new Promise<void>((resolve) => {
    fates.push({
      ending,
      meet: async (send) => {
        const answer = what === "answer" ? await send() : null;
        resolve();
        await gone;
        return answer ?? send();
      },
    });
  });
  return { came, go };
}

/** A broken network for one request: the next to an address ending so does not reach the server. It is told when. */
export function cutOff(ending: string): Promise<void> {
  return new Promise((lost) => {
    fates.push({
      ending,
      meet: () => {
        lost();
        return Promise.reject(broken());
      },
    });
  });
}

/** A broken network for one answer: the next request to an address ending so is heard, and its answer is lost. */
export function loseAnswer(ending: string): void {
  fates.push({
    ending,
    meet: async (send) => {
      await send();
      throw broken();
    },
  });
}

/**
 * A network without a word: the next request to an address ending so, or its answer, gets lost, and nobody is told.
 * `came` is when it was sent, or would have been answered.
 */
export function swallow(ending: string, what: "answer" | "request" = "request"): { came: Promise<void> } {
  const came = new Promise<void>((resolve) => {
    fates.push({
      ending,
      meet: async (send) => {
        if (what === "answer") await send();
        resolve();
        return new Promise<never>(() => {});
      },
    });
  });
  return { came };
}

/** A busy server: it refuses the next request to an address ending so. */
export function refuse(ending: string): void {
  const problem = {
    type: "about:blank",
    title: "Busy",
    status: 503,
    detail: "try again",
    code: "busy",
    request_id: "r",
  };
  fates.push({ ending, meet: async () => Response.json(problem, { status: 503 }) });
}

const sockets = new Set<WebSocket>();

/** A slow network for the page's sockets: what the server says reaches the page once `go` is called. */
export function holdSocket(): { go(): void } {
  const held = [...sockets];
  for (const socket of held) socket.pause();
  return {
    go: () => {
      for (const socket of held) socket.resume();
    },
  };
}

/** A broken network for the page's sockets: they are lost. */
export function breakSocket(): void {
  for (const socket of sockets) socket.terminate();
}
