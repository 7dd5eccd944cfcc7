import { describe, expect, it } from "vitest";
import * as sample from "../../test/sample";
import { join, put, removeThrough, trim } from "./timeline";

const message = (position: number, version = 1, text = `text ${position}`) =>
  sample.message(position, { version, text });

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => message(from + i));
const { timeline } = sample;
const positions = (t: ReturnType<typeof timeline>) => t.messages.map((m) => m.position);

describe("put", () => {
  it("appends what continues the stretch", () => {
    expect(positions(put(timeline(range(5, 7)), message(8)))).toEqual([5, 6, 7, 8]);
  });
  it("replaces an older version and keeps a newer one", () => {
    const t = put(timeline([message(5, 2, "edited")]), message(5, 1, "old"));
    expect(t.messages[0]?.text).toBe("edited");
    expect(put(t, message(5, 3, "again")).messages[0]?.text).toBe("again");
  });
  it("marks a gap as stale instead of hiding it", () => {
    const t = put(timeline(range(5, 7)), message(9));
    expect(positions(t)).toEqual([5, 6, 7]);
    expect(t.stale).toBe(true);
  });
  it("leaves out what lies beyond a detached stretch or before it", () => {
    const detached = timeline(range(5, 7), { has_after: true });
    expect(put(detached, message(8))).toBe(detached);
    expect(put(detached, message(3))).toBe(detached);
  });
});

describe("join", () => {
  it("puts older messages before", () => {
    const t = join(timeline(range(5, 7)), { data: range(2, 4), has_before: false, has_after: true });
    expect(positions(t)).toEqual([2, 3, 4, 5, 6, 7]);
    expect([t.has_before, t.has_after]).toEqual([false, false]);
  });
  it("puts newer messages after and learns that the end is reached", () => {
    const t = join(timeline(range(5, 7), { has_after: true }), {
      data: range(8, 9),
      has_before: true,
      has_after: false,
    });
    expect(positions(t)).toEqual([5, 6, 7, 8, 9]);
    expect([t.has_before, t.has_after]).toEqual([true, false]);
  });
  it("merges by version where stretches overlap", () => {
    const t = join(timeline([message(5, 2, "edited"), message(6)]), {
      data: [message(4), message(5)],
      has_before: true,
      has_after: true,
    });
    expect(t.messages.map((m) => m.text)).toEqual(["text 4", "edited", "text 6"]);
  });
  it("takes the stretch alone when it does not touch", () => {
    const t = join(timeline(range(50, 60)), { data: range(5, 7), has_before: true, has_after: true });
    expect(positions(t)).toEqual([5, 6, 7]);
    expect(t.has_after).toBe(true);
  });
  it("takes the stretch alone when the timeline is stale", () => {
    const t = join(timeline(range(1, 7), { stale: true }), { data: range(6, 9), has_before: true, has_after: false });
    expect(positions(t)).toEqual([6, 7, 8, 9]);
    expect(t.stale).toBe(false);
  });
  it("learns from an empty stretch that nothing lies beyond", () => {
    const t = join(timeline(range(5, 7)), { data: [], has_before: false, has_after: false });
    expect(positions(t)).toEqual([5, 6, 7]);
    expect(t.has_before).toBe(false);
  });
});

it("drops what retention erased", () => {
  const t = removeThrough(timeline(range(5, 9)), 7);
  expect(positions(t)).toEqual([8, 9]);
  expect(t.has_before).toBe(false);
});

it("keeps the newest of a conversation that was left", () => {
  const t = trim(timeline(range(1, 9), { has_before: false }), 4);
  expect(positions(t)).toEqual([6, 7, 8, 9]);
  expect(t.has_before).toBe(true);
});
