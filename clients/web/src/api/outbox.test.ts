import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Outgoing } from "../store/state";
import { ApiError } from "./client";
import { Outbox, type OutboxStorage } from "./outbox";
import type { Message } from "./types";

const refused = (code: string, status: number) => new ApiError({ code, status, detail: code });

function message(entry: Outgoing, position: number): Message {
  return {
    id: `msg_${entry.client_msg_id}`,
    conversation_id: entry.conversation_id,
    position,
    kind: "user",
    author: { id: "usr_me", username: "me", display_name: "Me" },
    text: entry.text,
    mentions: [],
    mention_all: false,
    client_msg_id: entry.client_msg_id,
    version: 1,
    created_at: entry.created_at,
    edited_at: null,
    deleted_at: null,
  };
}

class Shelf implements OutboxStorage {
  readonly entries = new Map<string, Outgoing>();
  load = async () => [...this.entries.values()];
  save = async (entry: Outgoing) => void this.entries.set(entry.client_msg_id, entry);
  remove = async (id: string) => void this.entries.delete(id);
}

function setUp(answers: (entry: Outgoing, call: number) => Promise<Message>, shelf = new Shelf()) {
  const sent: string[] = [];
  const world = { online: true, applied: false, queue: [] as Outgoing[] };
  const outbox = new Outbox({
    storage: shelf,
    send: (entry) => {
      sent.push(entry.client_msg_id);
      return answers(entry, sent.length);
    },
    online: () => world.online,
    changed: (_, queue) => {
      world.queue = queue;
    },
    acknowledged: () => world.applied,
  });
  let at = 0;
  const add = (id: string) =>
    outbox.add({ client_msg_id: id, conversation_id: "cnv_a", text: id, created_at: `2026-01-01T00:00:0${at++}.000Z` });
  return { outbox, shelf, sent, world, add };
}

const tick = () => vi.advanceTimersByTimeAsync(0);

describe("outbox", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  it("sends in order, one at a time", async () => {
    const answers: (() => void)[] = [];
    const { add, sent } = setUp((e, n) => new Promise((resolve) => answers.push(() => resolve(message(e, n)))));
    add("a");
    add("b");
    await tick();
    expect(sent).toEqual(["a"]);
    answers[0]?.();
    await tick();
    expect(sent).toEqual(["a", "b"]);
  });

  it("keeps what was written offline and sends it in order when there is a connection", async () => {
    const { outbox, add, sent, world, shelf } = setUp(async (e, n) => message(e, n));
    world.online = false;
    add("a");
    add("b");
    await tick();
    expect(sent).toEqual([]);
    expect([...shelf.entries.keys()]).toEqual(["a", "b"]);
    world.online = true;
    outbox.drain();
    await tick();
    expect(sent).toEqual(["a", "b"]);
    expect(shelf.entries.size).toBe(0);
  });

  it("repeats with the same id when the outcome is unknown", async () => {
    const { add, sent, world } = setUp(async (e, n) => {
      if (n === 1) throw refused("outcome_unknown", 503);
      return message(e, 1);
    });
    add("a");
    await tick();
    expect(world.queue[0]?.state).toBe("queued");
    await vi.advanceTimersByTimeAsync(1100);
    expect(sent).toEqual(["a", "a"]);
    expect(world.queue[0]?.state).toBe("sent");
  });

  it("waits as long as a rate limit asks", async () => {
    const { add, sent } = setUp(async (e, n) => {
      if (n === 1) throw new ApiError({ code: "rate_limited", status: 429 }, 3);
      return message(e, 1);
    });
    add("a");
    await vi.advanceTimersByTimeAsync(3400);
    expect(sent).toEqual(["a"]);
    await vi.advanceTimersByTimeAsync(700);
    expect(sent).toEqual(["a", "a"]);
  });

  it("holds back what stands behind a refusal until that is dropped", async () => {
    const { outbox, add, sent, world } = setUp(async (e, n) => {
      if (e.client_msg_id === "a") throw refused("archived", 409);
      return message(e, n);
    });
    add("a");
    add("b");
    await tick();
    expect(world.queue.map((e) => e.state)).toEqual(["failed", "queued"]);
    expect(world.queue[0]?.error).toBe("Archived.");
    outbox.drop("cnv_a", "a");
    await tick();
    expect(sent).toEqual(["a", "b"]);
    expect(world.queue.map((e) => e.state)).toEqual(["sent"]);
  });

  it("sends a refused message and those behind it when it is retried", async () => {
    const { outbox, add, world, sent } = setUp(async (e, n) => {
      if (n === 1) throw refused("forbidden", 403);
      return message(e, n);
    });
    add("a");
    add("b");
    await tick();
    outbox.retry("cnv_a", "a");
    await tick();
    expect(sent).toEqual(["a", "a", "b"]);
    expect(world.queue.map((e) => e.state)).toEqual(["sent", "sent"]);
  });

  it("lets go when the event comes before the acknowledgement", async () => {
    let answer: (m: Message) => void = () => {};
    const { outbox, add, world } = setUp(() => new Promise((resolve) => (answer = resolve)));
    add("a");
    await tick();
    const stored = message(world.queue[0] as Outgoing, 1);
    outbox.settle(stored);
    expect(world.queue).toEqual([]);
    answer(stored);
    await tick();
    expect(world.queue).toEqual([]);
  });

  it("lets go at the acknowledgement when the event was applied in an earlier life", async () => {
    const { add, world } = setUp(async (e) => message(e, 1));
    world.applied = true;
    add("a");
    await tick();
    expect(world.queue).toEqual([]);
  });

  it("takes up after a reload what an earlier page left, before what is written now", async () => {
    const shelf = new Shelf();
    const old = { client_msg_id: "old", conversation_id: "cnv_a", text: "old", created_at: "2025-12-31T00:00:00.000Z" };
    shelf.entries.set("old", { ...old, state: "sending" });
    const { outbox, sent, world, add } = setUp(async (e, n) => message(e, n), shelf);
    world.online = false;
    add("new");
    await outbox.restore();
    world.online = true;
    outbox.drain();
    await tick();
    expect(sent).toEqual(["old", "new"]);
  });
});
