import { describe, expect, it } from "vitest";
import * as sample from "../../test/sample";
import type { Message } from "../api/types";
import type { Outgoing } from "../store/state";
import { buildRows } from "./rows";

const day = (d: number, time: string) => new Date(`2026-03-0${d}T${time}:00`).toISOString();

const message = (position: number, by: string, created_at: string, more: Partial<Message> = {}) =>
  sample.message(position, { author: { id: by, username: by, display_name: by }, created_at, ...more });

const timeline = (messages: Message[], has_before = false) => sample.timeline(messages, { has_before });
const shape = (rows: ReturnType<typeof buildRows>) =>
  rows.map((r) => (r.kind === "message" || r.kind === "outgoing" ? `${r.kind}${r.head ? "+" : ""}` : r.kind));

describe("rows of a timeline", () => {
  it("groups one author's messages within five minutes", () => {
    const rows = buildRows(
      timeline([
        message(1, "a", day(1, "10:00")),
        message(2, "a", day(1, "10:04")),
        message(3, "b", day(1, "10:05")),
        message(4, "b", day(1, "10:11")),
      ]),
      [],
      null,
      "a",
    );
    expect(shape(rows)).toEqual(["intro", "day", "message+", "message", "message+", "message+"]);
  });

  it("starts a group afresh after a day, a system message and the new-messages line", () => {
    const rows = buildRows(
      timeline([
        message(1, "b", day(1, "23:59")),
        message(2, "b", day(2, "00:01")),
        message(3, "b", day(2, "00:02"), { kind: "system" }),
        message(4, "b", day(2, "00:03")),
        message(5, "b", day(2, "00:04")),
      ]),
      [],
      4,
      "a",
    );
    expect(shape(rows)).toEqual([
      "intro",
      "day",
      "message+",
      "day",
      "message+",
      "message",
      "message+",
      "new",
      "message+",
    ]);
  });

  it("puts the new-messages line before the first message of somebody else", () => {
    const rows = buildRows(
      timeline([message(1, "b", day(1, "10:00")), message(2, "a", day(1, "10:01")), message(3, "b", day(1, "10:02"))]),
      [],
      1,
      "a",
    );
    expect(rows.findIndex((r) => r.kind === "new")).toBe(4);
    expect(
      buildRows(timeline([message(1, "b", day(1, "10:00")), message(2, "a", day(1, "10:01"))]), [], 1, "a").some(
        (r) => r.kind === "new",
      ),
    ).toBe(false);
  });

  it("does not begin what is new with something that the system says", () => {
    const system = (n: number) => message(n, "b", day(1, "10:00"), { kind: "system" });
    const said = message(4, "b", day(1, "10:00"));
    const line = (messages: Message[]) => buildRows(timeline(messages), [], 1, "a").findIndex((r) => r.kind === "new");
    expect(line([message(1, "b", day(1, "10:00")), system(2), system(3), said])).toBe(5);
    expect(line([message(1, "b", day(1, "10:00")), system(2), system(3)])).toBe(-1);
  });

  it("keeps every row as it is when older messages are put before it", () => {
    const all = Array.from({ length: 30 }, (_, i) =>
      message(i + 1, i % 7 < 4 ? "a" : "b", day(1 + (i % 30 > 14 ? 1 : 0), "10:00")),
    );
    const before = buildRows(timeline(all.slice(10), true), [], null, "a");
    const after = buildRows(timeline(all), [], null, "a");
    expect(after.slice(-before.length)).toEqual(before);
  });

  it("leaves the new-messages line out while it belongs further up than what is here", () => {
    const all = Array.from({ length: 30 }, (_, i) => message(i + 1, "b", day(1, "10:00")));
    const lines = (rows: ReturnType<typeof buildRows>) => rows.filter((r) => r.kind === "new").length;
    expect(lines(buildRows(timeline(all.slice(10), true), [], 5, "a"))).toBe(0);
    expect(lines(buildRows(timeline(all.slice(4), true), [], 5, "a"))).toBe(1);
    expect(lines(buildRows(timeline(all.slice(10), false), [], 5, "a"))).toBe(1);
  });

  it("keeps the key of an own message from the moment it is written", () => {
    const entry: Outgoing = {
      client_msg_id: "c1",
      conversation_id: "cnv_a",
      text: "x",
      created_at: day(1, "10:00"),
      state: "sending",
    };
    const first = buildRows(timeline([]), [entry], null, "a");
    const then = buildRows(timeline([message(1, "a", day(1, "10:00"), { client_msg_id: "c1" })]), [], null, "a");
    expect(first.at(-1)?.key).toBe(then.at(-1)?.key);
  });

  it("shows a message once while it is both acknowledged and on its way", () => {
    const entry: Outgoing = {
      client_msg_id: "c1",
      conversation_id: "cnv_a",
      text: "x",
      created_at: day(1, "10:00"),
      state: "sent",
    };
    const rows = buildRows(timeline([message(1, "a", day(1, "10:00"), { client_msg_id: "c1" })]), [entry], null, "a");
    expect(rows.filter((r) => r.kind === "outgoing")).toEqual([]);
  });
});
