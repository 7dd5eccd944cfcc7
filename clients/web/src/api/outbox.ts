import type { Outgoing } from "../store/state";
import { backoff } from "./backoff";
import { type ApiError, problemOf } from "./client";
import type { Message } from "./types";

/** Where what is on its way survives a reload. */
export interface OutboxStorage {
  load(): Promise<Outgoing[]>;
  save(entry: Outgoing): Promise<void>;
  remove(clientMsgID: string): Promise<void>;
}

export interface OutboxOptions {
  storage: OutboxStorage;
  /** Posts one message; repeating it with the same client_msg_id is safe. */
  send(entry: Outgoing): Promise<Message>;
  /** Whether there is a connection to send over. */
  online(): boolean;
  /** The queue of a conversation has changed. */
  changed(conversation: string, queue: Outgoing[]): void;
  /** A message was acknowledged; returns whether its event has been applied already. */
  acknowledged(message: Message): boolean;
}

/**
 * Messages on their way out: strictly in order within a conversation, kept over
 * reloads, sent again with the same client_msg_id until the server answers. One that
 * is refused holds back those behind it until it is retried or dropped. Two tabs may
 * send the same entry: the server keeps the first.
 */
export class Outbox {
  private readonly queues = new Map<string, Outgoing[]>();
  private readonly busy = new Set<string>();
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly attempts = new Map<string, number>();
  private stopped = false;

  constructor(private readonly options: OutboxOptions) {}

  /** Takes up what an earlier page left. */
  async restore(): Promise<void> {
    const left = await this.options.storage.load();
    for (const entry of left.sort((a, b) => a.created_at.localeCompare(b.created_at))) {
      const queue = this.queues.get(entry.conversation_id) ?? [];
      if (queue.some((e) => e.client_msg_id === entry.client_msg_id)) continue;
      // What this page queued while the old entries were being read comes after them.
      const at = queue.findIndex((e) => e.created_at > entry.created_at);
      const kept: Outgoing = { ...entry, state: entry.state === "failed" ? "failed" : "queued" };
      this.update(entry.conversation_id, queue.toSpliced(at < 0 ? queue.length : at, 0, kept));
    }
    this.drain();
  }

  /** Queues a message; it shows at once and is sent in its turn. */
  add(entry: Omit<Outgoing, "state">): void {
    const queued: Outgoing = { ...entry, state: "queued" };
    this.update(entry.conversation_id, [...(this.queues.get(entry.conversation_id) ?? []), queued]);
    void this.options.storage.save(queued);
    void this.run(entry.conversation_id);
  }

  /** Tries a refused message again, and then those behind it. */
  retry(conversation: string, clientMsgID: string): void {
    this.attempts.delete(conversation);
    this.change(conversation, clientMsgID, { state: "queued", error: undefined });
    void this.run(conversation);
  }

  drop(conversation: string, clientMsgID: string): void {
    this.forget(conversation, clientMsgID);
    void this.run(conversation);
  }

  /** The message is in the conversation: by its event, whichever tab sent it. */
  settle(message: Message): void {
    if (message.client_msg_id) this.forget(message.conversation_id, message.client_msg_id);
  }

  /**
   * All up to a position is in the timeline: what was acknowledged up to there has its place in it. Its event is not
   * told when a fresh state is fetched instead.
   */
  settleThrough(conversation: string, position: number): void {
    for (const entry of this.queues.get(conversation) ?? [])
      if (entry.position !== undefined && entry.position <= position) this.forget(conversation, entry.client_msg_id);
  }

  /** Sends everything that waits: called whenever there is a connection again. */
  drain(): void {
    for (const conversation of this.queues.keys()) {
      this.attempts.delete(conversation);
      void this.run(conversation);
    }
  }

  stop(): void {
    this.stopped = true;
    for (const timer of this.timers.values()) clearTimeout(timer);
  }

  private async run(conversation: string): Promise<void> {
    if (this.busy.has(conversation) || this.stopped) return;
    this.busy.add(conversation);
    clearTimeout(this.timers.get(conversation));
    try {
      for (let entry = this.head(conversation); entry; entry = this.head(conversation)) {
        if (this.stopped || !this.options.online() || !(await this.attempt(entry))) return;
      }
    } finally {
      this.busy.delete(conversation);
    }
  }

  /** The next entry to send; none when the queue waits behind a refusal. */
  private head(conversation: string): Outgoing | undefined {
    const first = this.queues.get(conversation)?.find((e) => e.state !== "sent");
    return first?.state === "failed" ? undefined : first;
  }

  private async attempt(entry: Outgoing): Promise<boolean> {
    const { conversation_id: conversation, client_msg_id: id } = entry;
    this.change(conversation, id, { state: "sending" });
    try {
      const message = await this.options.send(entry);
      this.attempts.delete(conversation);
      void this.options.storage.remove(id);
      // Its event says where it stands among the others; until then it keeps its place here.
      if (this.options.acknowledged(message)) this.forget(conversation, id);
      else this.change(conversation, id, { state: "sent", position: message.position });
      return true;
    } catch (cause) {
      this.refused(entry, problemOf(cause));
      return false;
    }
  }

  private refused(entry: Outgoing, problem: ApiError): void {
    const { conversation_id: conversation, client_msg_id: id } = entry;
    if (!problem.transient) {
      this.change(conversation, id, { state: "failed", error: problem.message });
      const failed = this.queues.get(conversation)?.find((e) => e.client_msg_id === id);
      if (failed) void this.options.storage.save(failed);
      return;
    }
    this.change(conversation, id, { state: "queued" });
    const attempt = this.attempts.get(conversation) ?? 0;
    this.attempts.set(conversation, attempt + 1);
    const wait = backoff(attempt, problem.retryAfter * 1000);
    this.timers.set(
      conversation,
      setTimeout(() => void this.run(conversation), wait),
    );
  }

  private change(conversation: string, id: string, fields: Partial<Outgoing>): void {
    const queue = this.queues.get(conversation) ?? [];
    this.update(
      conversation,
      queue.map((e) => (e.client_msg_id === id ? { ...e, ...fields } : e)),
    );
  }

  private forget(conversation: string, id: string): void {
    const queue = this.queues.get(conversation);
    if (!queue?.some((e) => e.client_msg_id === id)) return;
    void this.options.storage.remove(id);
    this.update(
      conversation,
      queue.filter((e) => e.client_msg_id !== id),
    );
  }

  private update(conversation: string, queue: Outgoing[]): void {
    this.queues.set(conversation, queue);
    // What somebody wrote who has signed out is not told to whoever signs in next.
    if (!this.stopped) this.options.changed(conversation, queue);
  }
}
