import { backoff } from "./backoff";
import { ApiError, CLIENT } from "./client";
import { closeRule, closeText } from "./close";
import type { Cursor, ServerEvent, ServerFrame, Welcome } from "./types";

export type ConnectionState =
  | { name: "connecting" }
  | { name: "online" }
  | { name: "waiting"; retryAt: number }
  | { name: "closed"; code: number; text: string };

export interface SocketHandlers {
  /** The hello; `resumed` false asks for a fresh state (setCursor when it stands). */
  welcome(welcome: Welcome): void;
  /** Events in the log's order, none at or before the cursor. */
  events(events: ServerEvent[]): void;
  state(state: ConnectionState): void;
  /** The socket could not be opened, or not used: perhaps the session has ended. */
  refused(): void;
}

interface Waiting {
  resolve(d: unknown): void;
  reject(error: ApiError): void;
  timer: ReturnType<typeof setTimeout>;
}

const ANSWER_WITHIN = 15_000;
const HELLO_WITHIN = 10_000;
const PROBE_WITHIN = 5000;
/** After this long a connection counts as healthy and the back-off starts afresh. */
const HEALTHY_AFTER = 10_000;

/**
 * One WebSocket to the server, kept open: hello with the cursor to resume from,
 * frames alone or in arrays, pongs, back-off with full jitter, and the rules of the
 * close codes. Correct at any moment of loss: the cursor moves only with what was
 * handed to `events`.
 */
export class Socket {
  private socket: WebSocket | null = null;
  private cursor: Cursor | null = null;
  private settled = false;
  private attempt = 0;
  private strikes = 0;
  private heartbeat = 25_000;
  private lastFrame = 0;
  private openedAt = 0;
  private stopped = true;
  private next = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private watch: ReturnType<typeof setInterval> | undefined;
  private readonly waiting = new Map<string, Waiting>();

  constructor(
    private readonly url: string,
    private readonly handlers: SocketHandlers,
    private readonly token: string | null = null,
  ) {}

  /** Opens the socket; events after the cursor follow. */
  start(cursor: Cursor | null): void {
    this.cursor = cursor;
    this.stopped = false;
    this.attempt = 0;
    this.open();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.drop(1000);
  }

  /** Tries at once instead of at the end of the wait. */
  retryNow(): void {
    if (this.stopped || this.socket) return;
    clearTimeout(this.timer);
    this.open();
  }

  /** Says that the state stands as of the cursor; later events count from there. */
  setCursor(cursor: Cursor): void {
    this.cursor = cursor;
    this.settled = true;
  }

  get online(): boolean {
    return this.openedAt > 0;
  }

  /**
   * After a sleep, or a change of networks, a socket may look open and be dead: silence
   * beyond a heartbeat drops it, else a question that is not answered in time does.
   */
  wake(): void {
    const { socket } = this;
    if (!socket || this.openedAt === 0) this.retryNow();
    else if (Date.now() - this.lastFrame > this.heartbeat + 5000) this.lost(4001, "");
    else
      this.request("pong", undefined, PROBE_WITHIN).catch(() => {
        if (this.socket === socket) this.lost(4001, "");
      });
  }

  /** Sends one operation and waits for its ack. */
  request(op: string, d: unknown, within = ANSWER_WITHIN): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (!this.online) {
        reject(new ApiError({ code: "network", detail: "Not connected" }));
        return;
      }
      const id = `c${++this.next}`;
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(new ApiError({ code: "network", detail: "The server did not answer" }));
      }, within);
      this.waiting.set(id, { resolve, reject, timer });
      this.send({ op, id, d });
    });
  }

  private send(frame: unknown): void {
    this.socket?.send(JSON.stringify(frame));
  }

  private open(): void {
    this.handlers.state({ name: "connecting" });
    const socket = new WebSocket(this.url, "dankerchat.v1");
    this.socket = socket;
    this.lastFrame = Date.now();
    let opened = false;
    const helloTimer = setTimeout(() => this.socket === socket && this.lost(4001, ""), HELLO_WITHIN);
    socket.onopen = () => {
      opened = true;
      this.send({ op: "hello", id: `c${++this.next}`, d: { client: CLIENT, token: this.token, resume: this.cursor } });
    };
    socket.onmessage = (message) => {
      this.lastFrame = Date.now();
      const parsed = JSON.parse(message.data as string) as ServerFrame | ServerFrame[];
      this.take(Array.isArray(parsed) ? parsed : [parsed], helloTimer);
    };
    socket.onclose = (event) => {
      clearTimeout(helloTimer);
      if (this.socket !== socket) return;
      if (!opened) this.handlers.refused();
      this.lost(event.code, event.reason);
    };
  }

  private take(frames: ServerFrame[], helloTimer: ReturnType<typeof setTimeout>): void {
    const events: ServerEvent[] = [];
    for (const frame of frames) {
      if (this.stopped) return; // by what was done about a frame before
      switch (frame.op) {
        case "hello":
          clearTimeout(helloTimer);
          this.welcome(frame.d);
          break;
        case "event":
          if (this.fresh(frame)) events.push(frame);
          break;
        case "ack":
        case "nack":
          // What came before an answer is applied before it, so that a reader who
          // acts on the answer finds the state that the server had.
          this.flush(events);
          this.answer(frame);
          break;
        case "ping":
          this.flush(events);
          if (this.settled) this.advance(frame.position, frame.mark);
          this.send({ op: "pong", position: frame.position });
          break;
      }
    }
    this.flush(events);
  }

  private flush(events: ServerEvent[]): void {
    if (events.length > 0) this.handlers.events(events.splice(0));
  }

  private fresh(event: ServerEvent): boolean {
    if (event.position === undefined) return true;
    if (!this.settled) return true; // the receiver keeps them until its state stands
    if (this.cursor && event.position <= this.cursor.position) return false;
    this.advance(event.position, event.mark ?? "");
    return true;
  }

  private advance(position: number, mark: string): void {
    if (this.cursor && position > this.cursor.position) this.cursor = { ...this.cursor, position, mark };
  }

  private welcome(welcome: Welcome): void {
    this.openedAt = Date.now();
    this.heartbeat = welcome.heartbeat_ms || this.heartbeat;
    this.settled = welcome.resumed;
    clearInterval(this.watch);
    this.watch = setInterval(() => {
      if (Date.now() - this.lastFrame > 2.4 * this.heartbeat) this.lost(4001, "");
    }, 5000);
    this.handlers.welcome(welcome);
    if (!this.stopped) this.handlers.state({ name: "online" });
  }

  private answer(frame: Extract<ServerFrame, { op: "ack" | "nack" }>): void {
    const waiting = this.waiting.get(frame.id);
    if (!waiting) return;
    this.waiting.delete(frame.id);
    clearTimeout(waiting.timer);
    if (frame.op === "ack") waiting.resolve(frame.d);
    else waiting.reject(new ApiError(frame.error, Number((frame.error as { retry_after?: number }).retry_after) || 0));
  }

  private lost(code: number, reason: string): void {
    if (this.openedAt > 0 && Date.now() - this.openedAt > HEALTHY_AFTER) {
      this.attempt = 0;
      this.strikes = 0;
    }
    this.drop(code === 4001 ? 4001 : 1000);
    if (this.stopped) return;
    const rule = closeRule(code, reason, this.strikes);
    if (rule.strike) this.strikes++;
    if (rule.forget) this.cursor = null;
    if (rule.ask) this.handlers.refused();
    if (rule.stop) {
      this.stopped = true;
      this.handlers.state({ name: "closed", code, text: closeText(code) });
      return;
    }
    const wait = backoff(this.attempt++, rule.retryAfter);
    this.handlers.state({ name: "waiting", retryAt: Date.now() + wait });
    this.timer = setTimeout(() => this.open(), wait);
  }

  private drop(code: number): void {
    const socket = this.socket;
    this.socket = null;
    this.openedAt = 0;
    clearInterval(this.watch);
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close(code);
    }
    for (const waiting of this.waiting.values()) {
      clearTimeout(waiting.timer);
      waiting.reject(new ApiError({ code: "network", detail: "The connection was lost" }));
    }
    this.waiting.clear();
  }
}
