import { beforeEach, describe, expect, it } from "vitest";
import * as sample from "../../test/sample";
import { buildRows } from "../messages/rows";
import { type Conversation, emptyState, type State, unreadOf } from "../store/state";
import { applyEvents, type Effects } from "./events";
import type { Message, MuteLevel, ReadState, ServerEvent, User, UserRef } from "./types";

const at = "2026-01-01T00:00:00.000Z";
const ref = (id: string): UserRef => ({ id, username: id, display_name: id, bot: false });
const conversation = (id: string, others: string[] = []): Conversation => ({
  conversation_id: id,
  kind: others.length > 0 ? "dm" : "public",
  last_position: 3,
  last_read_position: 3,
  quiet: 0,
  read_quiet: 0,
  hushed: 0,
  mentions: 0,
  mentions_to: 3,
  last_post_at: null,
  direct:
    others.length > 0
      ? { id, kind: "dm", participants: ["me", ...others].map(ref), last_position: 3, created_at: at }
      : undefined,
});
const start: State = {
  ...emptyState,
  me: { ...ref("me"), role: "member", state: "active", bot: false, created_at: at } as User,
  conversations: {
    c: conversation("c"),
    pair: conversation("pair", ["loud"]),
    group: conversation("group", ["loud", "calm"]),
  },
};

let position = 0;
const event = (type: string, d: unknown) =>
  ({ op: "event", type, at, position: ++position, mark: "m", d }) as ServerEvent;
const message = (id: string, n: number, by: string, more: Partial<Message> = {}) =>
  sample.message(n, {
    id: `msg_${id}_${n}`,
    conversation_id: id,
    author: ref(by),
    mentions: ["me"],
    created_at: at,
    ...more,
  });
const said = (id: string, n: number, by: string, more: Partial<Message> = {}) =>
  event("message.created", message(id, n, by, more));
const muted = (user: string, level: MuteLevel | null, read_states: ReadState[] = []) =>
  event("muted_user.updated", {
    user_id: user,
    muted_user: level && { user: ref(user), level, since: at },
    read_states,
  });

let log: string[] = [];
const effects: Effects = {
  fetchConversation: (id) => log.push(`fetch ${id}`),
  touched: () => {},
  counted: () => {},
  moved: () => {},
  overtaken: () => false,
  settle: () => {},
  arrived: (m) => log.push(`arrived ${m.position}`),
};
const following = (...events: ServerEvent[]) => applyEvents(start, events, effects);
const counts = (s: State, id: string) => {
  const c = s.conversations[id] as Conversation;
  return [unreadOf(c), c.mentions, c.hushed];
};

describe("muted people", () => {
  beforeEach(() => {
    log = [];
  });

  it("call for nothing, while others do", () => {
    const s = following(muted("loud", "muted"), said("c", 4, "loud"), said("c", 5, "calm"), said("c", 6, "loud"));
    expect(counts(s, "c")).toEqual([1, 1, 2]);
    expect(log).toEqual(["arrived 5"]);
  });

  it("count as the server says when that changes", () => {
    const read = { conversation_id: "c", last_read_position: 3, last_position: 5, unread: 1, mentions: 1, hushed: 1 };
    const before = [said("c", 4, "loud"), said("c", 5, "calm")];
    expect(counts(following(...before, muted("loud", "blocked", [read])), "c")).toEqual([1, 1, 1]);
    const again = { ...read, unread: 2, mentions: 2, hushed: 0 };
    expect(counts(following(...before, muted("loud", "muted", [read]), muted("loud", null, [again])), "c")).toEqual([
      2, 2, 0,
    ]);
    // The change knows of a message whose event is still to come.
    const ahead = { ...read, last_position: 4, unread: 0, mentions: 0 };
    expect(counts(following(muted("loud", "muted", [ahead]), said("c", 4, "loud")), "c")).toEqual([0, 0, 1]);
  });

  it("hush all that is unread between two, and not in a group", () => {
    const s = following(
      muted("loud", "muted"),
      said("pair", 4, "loud"),
      said("group", 4, "loud"),
      said("group", 5, "calm"),
    );
    expect(counts(s, "pair")).toEqual([0, 0, 1]);
    expect(counts(s, "group")).toEqual([1, 1, 1]);
    expect(counts(following(muted("loud", "muted"), said("pair", 4, "loud"), said("pair", 5, "me")), "pair")).toEqual([
      0, 0, 0,
    ]);
  });

  it("are not told from others where more than a thousand messages are unread", () => {
    const read = {
      conversation_id: "c",
      last_read_position: 3,
      last_position: 1003,
      unread: 0,
      mentions: 0,
      hushed: 1000,
    };
    const s = following(event("read.updated", read), muted("loud", "muted", [read]));
    const state = {
      ...s,
      conversations: { ...s.conversations, c: { ...(s.conversations.c as Conversation), last_position: 1003 } },
    };
    expect(counts(state, "c")).toEqual([0, 0, 1000]);
    expect(counts(applyEvents(state, [said("c", 1004, "loud")], effects), "c")).toEqual([1001, 0, 0]);
  });

  it("are not shown to be typing", () => {
    const typing = event("typing", { conversation_id: "c", user_id: "loud" });
    expect(following(muted("loud", "muted"), typing).typing).toEqual({});
    expect(following(typing, muted("loud", "muted")).typing).toEqual({ c: {} });
  });

  it("are folded one by one, each under its author's name once shown", () => {
    const messages = [
      message("c", 1, "calm"),
      message("c", 2, "loud"),
      message("c", 3, "loud"),
      message("c", 4, "loud", { kind: "system" }),
      message("c", 5, "loud", { deleted_at: at }),
      message("c", 6, "calm"),
    ];
    const rows = buildRows({ messages, has_before: false, has_after: false, stale: false }, [], 1, "me", {
      muted: { loud: "muted" },
      unfolded: new Set(["msg_c_3"]),
    });
    expect(rows.map((r) => (r.kind === "message" ? [r.message.position, r.head, r.folded] : r.kind))).toEqual([
      "intro",
      "day",
      [1, true, undefined],
      [2, true, true],
      [3, true, false],
      [4, false, undefined],
      [5, true, false],
      "new", // before what is new and not of somebody muted
      [6, true, undefined],
    ]);
  });
});
