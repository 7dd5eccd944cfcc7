import { describe, expect, it } from "vitest";
import type { Conversation } from "../store/state";
import { badgeOf, channelsOf, directsOf, folded, neighbour, totals } from "./order";

const at = "2026-01-01T00:00:00.000Z";

function channel(name: string, more: Partial<Conversation> = {}, archived = false): Conversation {
  return {
    conversation_id: `cnv_${name}`,
    kind: "public",
    last_position: 0,
    last_read_position: 0,
    mentions: 0,
    mentions_to: 0,
    quiet: 0,
    read_quiet: 0,
    hushed: 0,
    last_post_at: null,
    channel: {
      id: `cnv_${name}`,
      name,
      kind: "public",
      topic: "",
      purpose: "",
      archived,
      member_count: 1,
      last_position: 0,
      created_by: "usr_a",
      created_at: at,
      joined: true,
    },
    ...more,
  };
}

function direct(id: string, last: string | null, more: Partial<Conversation> = {}): Conversation {
  const participants = [
    { id: "usr_a", username: "a", display_name: "A" },
    { id: "usr_b", username: "b", display_name: "B" },
  ];
  return {
    ...channel(id),
    channel: undefined,
    kind: "dm",
    last_position: last ? 1 : 0,
    last_read_position: last ? 1 : 0,
    last_post_at: last,
    direct: { id: `cnv_${id}`, kind: "dm", participants, last_position: 0, created_at: at },
    ...more,
  };
}

const all = (...conversations: Conversation[]) => Object.fromEntries(conversations.map((c) => [c.conversation_id, c]));
const ids = (conversations: Conversation[]) => conversations.map((c) => c.conversation_id.slice(4));

describe("the sidebar's order", () => {
  it("has channels by name, numbers as numbers, and no archived one but the one in view", () => {
    const some = all(channel("team-10"), channel("team-9"), channel("old", {}, true));
    expect(ids(channelsOf(some, null))).toEqual(["team-9", "team-10"]);
    expect(ids(channelsOf(some, "cnv_old"))).toEqual(["old", "team-9", "team-10"]);
  });

  it("has direct conversations by the latest message, and no empty one but the one in view", () => {
    const some = all(
      direct("early", "2026-01-02T00:00:00.000Z"),
      direct("late", "2026-01-03T00:00:00.000Z"),
      direct("empty", null),
    );
    expect(ids(directsOf(some, null))).toEqual(["late", "early"]);
    expect(ids(directsOf(some, "cnv_empty"))).toEqual(["late", "early", "empty"]);
  });

  it("shows of a folded section what is unread or in view", () => {
    const list = [channel("a"), channel("b", { last_position: 1 }), channel("c")];
    expect(ids(folded(list, true, null))).toEqual(["a", "b", "c"]);
    expect(ids(folded(list, false, null))).toEqual(["b"]);
    expect(ids(folded(list, false, "cnv_c"))).toEqual(["b", "c"]);
  });

  it("calls for mentions in channels and for everything in direct conversations", () => {
    const busy = channel("busy", { last_position: 9, mentions: 2 });
    const talk = direct("talk", at, { last_position: 4, last_read_position: 1 });
    expect([badgeOf(busy), badgeOf(talk)]).toEqual([2, 3]);
    expect(totals(all(busy, talk))).toEqual({ badge: 5, unread: true });
    expect(totals(all(channel("quiet")))).toEqual({ badge: 0, unread: false });
  });

  it("goes round to the next conversation and to the next unread one", () => {
    const some = all(
      channel("a"),
      channel("b", { last_position: 1 }),
      channel("c"),
      channel("d", { last_position: 1 }),
    );
    const next = (from: string, step: 1 | -1, unread: boolean) =>
      neighbour(some, `cnv_${from}`, step, unread)?.conversation_id.slice(4);
    expect([next("a", 1, false), next("d", 1, false), next("a", -1, false)]).toEqual(["b", "a", "d"]);
    expect([next("a", 1, true), next("b", 1, true), next("b", -1, true)]).toEqual(["b", "d", "d"]);
    expect(neighbour(all(channel("a"), channel("b")), "cnv_a", 1, true)).toBeNull();
  });
});
