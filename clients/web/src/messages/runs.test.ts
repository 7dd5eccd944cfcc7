import { describe, expect, it } from "vitest";
import type { Message } from "../api/types";
import type { Timeline } from "../store/state";
import { buildRows, type Row } from "./rows";
import { runText } from "./runs";

const day = (d: number, time = "10:00") => new Date(`2026-03-0${d}T${time}:00`).toISOString();
const JOINED = "joined the channel";

function message(position: number, by: string, text: string, more: Partial<Message> = {}): Message {
  return {
    id: `msg_${position}`,
    conversation_id: "cnv_a",
    position,
    kind: "system",
    author: { id: by, username: by, display_name: by.toUpperCase() },
    text,
    mentions: [],
    mention_all: false,
    version: 1,
    created_at: day(1),
    edited_at: null,
    deleted_at: null,
    ...more,
  };
}

const said = (position: number, at = day(1)) => message(position, "x", "hello", { kind: "user", created_at: at });
const timeline = (messages: Message[], has_before = false): Timeline => ({
  messages,
  has_before,
  has_after: false,
  stale: false,
});
/** Each row's kind, and of a run the positions that it stands for. */
const shape = (rows: Row[]) =>
  rows.map((r) => (r.kind === "message" && r.run ? r.run.map((m) => m.position).join("-") : r.kind));
const build = (messages: Message[], newAfter: number | null = null, has_before = false) =>
  buildRows(timeline(messages, has_before), [], newAfter, "me");

describe("runs of people who come and go", () => {
  it("makes one row of them, under the key of the first", () => {
    const rows = build([
      said(1),
      message(2, "a", JOINED),
      message(3, "b", "left the channel"),
      message(4, "c", "was added to the channel"),
      said(5),
      message(6, "d", JOINED),
    ]);
    expect(shape(rows)).toEqual(["intro", "day", "message", "2-3-4", "message", "message"]);
    expect(rows[3]?.key).toBe("msg_2");
  });

  it("keeps the row's key when somebody joins it live", () => {
    const before = build([said(1), message(2, "a", JOINED)]);
    const after = build([said(1), message(2, "a", JOINED), message(3, "b", JOINED)]);
    expect(after.map((r) => r.key)).toEqual(before.map((r) => r.key));
  });

  it("leaves what says something else, and what was deleted, alone", () => {
    expect(
      shape(
        build([
          message(1, "a", JOINED),
          message(2, "a", "archived the channel"),
          message(3, "b", JOINED, { deleted_at: day(1) }),
          message(4, "c", JOINED),
          message(5, "c", JOINED, { kind: "user" }),
        ]),
      ),
    ).toEqual(["intro", "day", "message", "message", "message", "message", "message"]);
  });

  it("breaks at a new day", () => {
    const rows = build([1, 2, 3, 4].map((n) => message(n, `p${n}`, JOINED, { created_at: day(n > 2 ? 2 : 1) })));
    expect(shape(rows)).toEqual(["intro", "day", "1-2", "day", "3-4"]);
  });

  it("is not broken by the new-messages line, which stands before what somebody said", () => {
    const rows = build([message(1, "a", JOINED), message(2, "b", JOINED), message(3, "c", JOINED), said(4)], 1);
    expect(shape(rows)).toEqual(["intro", "day", "1-2-3", "new", "message"]);
  });

  it("keeps every row as it is when older messages are put before it", () => {
    const all = Array.from({ length: 40 }, (_, i) =>
      i % 13 === 12 ? said(i + 1) : message(i + 1, `p${i}`, JOINED, { created_at: day(i > 20 ? 2 : 1) }),
    );
    const after = build(all);
    for (let from = 1; from < 30; from++) {
      const before = build(all.slice(from), null, true);
      expect(before.length).toBeGreaterThan(0);
      expect(after.slice(-before.length)).toEqual(before);
    }
  });

  it("shows a run whose beginning is not here when there is nothing else to show", () => {
    const rows = build(
      [1, 2, 3].map((n) => message(n + 10, `p${n}`, JOINED)),
      null,
      true,
    );
    expect(shape(rows)).toEqual(["12-13"]);
  });
});

describe("what a run says", () => {
  const names = (m: Message) => m.author.display_name;
  const text = (...messages: Message[]) =>
    runText(messages, names)
      .map((p) => `${p.names.join(", ")}${p.others.length ? ` +${p.others.length}` : ""} ${p.text}`)
      .join("; ");

  it.each([
    ["one", 1, "P1 joined the channel"],
    ["two", 2, "P1, P2 joined the channel"],
    ["three", 3, "P1, P2, P3 joined the channel"],
    ["five", 5, "P1, P2 +3 joined the channel"],
  ])("%s", (_name, count, want) => {
    const people = Array.from({ length: count }, (_, i) => message(i + 1, `p${i + 1}`, JOINED));
    expect(text(...people)).toBe(want);
  });

  it("tells the coming from the going, in order, with each person once", () => {
    expect(
      text(
        message(1, "a", JOINED),
        message(2, "a", "left the channel"),
        message(3, "b", JOINED),
        message(4, "a", JOINED),
      ),
    ).toBe("A, B joined the channel; A left the channel");
  });

  it("speaks of several as of several", () => {
    expect(text(message(1, "a", "was added to the channel"), message(2, "b", "was added to the channel"))).toBe(
      "A, B were added to the channel",
    );
  });
});
