import { beforeEach, describe, expect, it } from "vitest";
import * as sample from "../../test/sample";
import { type Conversation, emptyState, type State, unreadOf } from "../store/state";
import { applyEvents, type Effects } from "./events";
import type { Channel, Message, ServerEvent, User } from "./types";

const at = "2026-01-01T00:00:00.000Z";
const person = (id: string): User => ({
  id,
  username: id.slice(4),
  display_name: id.slice(4),
  role: "member",
  state: "active",
  bot: false,
  created_at: at,
});
const channel: Channel = {
  id: "cnv_a",
  name: "general",
  kind: "public",
  topic: "",
  purpose: "",
  archived: false,
  member_count: 2,
  last_position: 3,
  created_by: "usr_me",
  created_at: at,
  joined: true,
};
const conversation: Conversation = {
  conversation_id: "cnv_a",
  kind: "public",
  last_position: 3,
  last_read_position: 3,
  quiet: 0,
  read_quiet: 0,
  hushed: 0,
  mentions: 0,
  mentions_to: 3,
  last_post_at: null,
  channel,
};

const message = (position: number, by: string, more: Partial<Message> = {}) =>
  sample.message(position, {
    author: { id: by, username: by.slice(4), display_name: by.slice(4) },
    created_at: at,
    ...more,
  });

let position = 100;
const event = (type: string, d: unknown) =>
  ({ op: "event", type, at, position: ++position, mark: "m", d }) as ServerEvent;

let log: string[] = [];
const effects: Effects = {
  fetchConversation: (id) => log.push(`fetch ${id}`),
  touched: () => {},
  counted: () => {},
  moved: () => {},
  overtaken: () => false,
  settle: (m) => log.push(`settle ${m.client_msg_id}`),
  arrived: (m) => log.push(`arrived ${m.position}`),
};

const start: State = {
  ...emptyState,
  phase: "ready",
  me: person("usr_me"),
  users: { usr_me: person("usr_me"), usr_other: person("usr_other") },
  conversations: { cnv_a: conversation },
  timelines: { cnv_a: { messages: [message(3, "usr_other")], has_before: true, has_after: false, stale: false } },
};

const following = (...events: ServerEvent[]) => applyEvents(start, events, effects);
const general = (s: State) => s.conversations.cnv_a as Conversation;

describe("events", () => {
  beforeEach(() => {
    log = [];
  });

  it("adds a message, counts it as unread, and shows it", () => {
    const s = following(event("message.created", message(4, "usr_other")));
    expect(unreadOf(general(s))).toBe(1);
    expect(general(s).mentions).toBe(0);
    expect(s.timelines.cnv_a?.messages.map((m) => m.position)).toEqual([3, 4]);
    expect(log).toEqual(["arrived 4"]);
  });

  it("takes nothing that the system says as unread, before, between and after what people say", () => {
    const system = (n: number, by = "usr_other") => event("message.created", message(n, by, { kind: "system" }));
    const said = (n: number, by = "usr_other") => event("message.created", message(n, by));
    const unread = (...events: ServerEvent[]) => unreadOf(general(following(...events)));
    expect(unread(system(4))).toBe(0);
    expect(unread(system(4), said(5), system(6))).toBe(1);
    expect(unread(said(4), system(5, "usr_me"))).toBe(1);
    expect(unread(system(4), said(5), said(6, "usr_me"), system(7))).toBe(0);
    expect(unread(system(4), system(4), said(4))).toBe(0);
  });

  it("counts on from a read state that was overtaken, or that comes early", () => {
    const read = (to: number, read_quiet: number, last: number, quiet: number) =>
      event("read.updated", {
        conversation_id: "cnv_a",
        last_read_position: to,
        last_position: last,
        quiet,
        read_quiet,
        unread: last - quiet - (to - read_quiet),
        mentions: 0,
      });
    const system = event("message.created", message(4, "usr_other", { kind: "system" }));
    const said = event("message.created", message(5, "usr_other"));
    for (const events of [
      [read(4, 1, 5, 1), system, said],
      [system, read(4, 1, 4, 1), said],
      [system, said, read(4, 1, 5, 1)],
    ])
      expect(unreadOf(general(following(...events)))).toBe(1);
  });

  it("counts a mention once, however it is told", () => {
    const mention = event("message.created", message(4, "usr_other", { mentions: ["usr_me"] }));
    expect(general(following(mention, mention)).mentions).toBe(1);
    const read = event("read.updated", {
      conversation_id: "cnv_a",
      last_read_position: 3,
      last_position: 4,
      unread: 1,
      mentions: 1,
    });
    expect(general(following(read, mention)).mentions).toBe(1);
    expect(general(following(mention, read)).mentions).toBe(1);
  });

  it("takes one's own message as read and settles it", () => {
    const s = following(
      event("message.created", message(4, "usr_other", { mention_all: true })),
      event("message.created", message(5, "usr_me", { client_msg_id: "c1" })),
    );
    expect(unreadOf(general(s))).toBe(0);
    expect(general(s).mentions).toBe(0);
    expect(log).toContain("settle c1");
  });

  it("follows the read state of another tab, back as well as forward", () => {
    const three = [4, 5, 6].map((p) => event("message.created", message(p, "usr_other")));
    const read = (to: number) =>
      event("read.updated", {
        conversation_id: "cnv_a",
        last_read_position: to,
        last_position: 6,
        unread: 6 - to,
        mentions: 0,
      });
    expect(unreadOf(general(following(...three, read(6))))).toBe(0);
    expect(unreadOf(general(following(...three, read(6), read(4))))).toBe(2);
  });

  it("applies edits and deletions by version", () => {
    const edited = event("message.updated", message(3, "usr_other", { version: 2, text: "new", edited_at: at }));
    const stale = event("message.updated", message(3, "usr_other", { version: 1, text: "old" }));
    expect(following(edited, stale).timelines.cnv_a?.messages[0]?.text).toBe("new");
    const gone = event("message.deleted", message(3, "usr_other", { version: 3, text: "", deleted_at: at }));
    expect(following(edited, gone).timelines.cnv_a?.messages[0]?.deleted_at).toBe(at);
  });

  it("asks the server when an edit of something unread may have begun to call the reader", () => {
    following(
      event("message.created", message(4, "usr_other")),
      event("message.updated", message(4, "usr_other", { version: 2, text: "another word" })),
    );
    expect(log).not.toContain("fetch cnv_a");
    following(
      event("message.created", message(4, "usr_other", { id: "msg_called" })),
      event("message.updated", message(4, "usr_other", { id: "msg_called", version: 2, mentions: ["usr_me"] })),
    );
    expect(log).toContain("fetch cnv_a");
  });

  it("fetches a conversation that it does not know", () => {
    following(event("message.created", message(1, "usr_other", { conversation_id: "cnv_b" })));
    following(
      event("member.joined", { conversation_id: "cnv_c", user: person("usr_me"), role: "member", by: "usr_other" }),
    );
    expect(log).toEqual(["fetch cnv_b", "fetch cnv_c"]);
  });

  it("forgets a conversation that one left or was removed from", () => {
    const s = following(
      event("member.left", { conversation_id: "cnv_a", user: person("usr_me"), role: "member", by: "usr_other" }),
    );
    expect(s.conversations.cnv_a).toBeUndefined();
    expect(s.timelines.cnv_a).toBeUndefined();
  });

  it("keeps that one has joined when a channel changes", () => {
    const s = following(event("channel.updated", { ...channel, name: "all", joined: false }));
    expect(general(s).channel).toMatchObject({ name: "all", joined: true });
  });

  it("does not take away the name of a channel that turns private", () => {
    const s = following(event("channel.updated", { ...channel, kind: "private", name: "" }));
    expect(general(s).channel?.name).toBe("general");
  });

  it("shows a direct conversation as soon as it is made", () => {
    const direct = {
      id: "cnv_d",
      kind: "dm",
      participants: [person("usr_me"), person("usr_other")],
      last_position: 0,
      created_at: at,
    };
    expect(following(event("dm.created", direct)).conversations.cnv_d).toMatchObject({ kind: "dm", last_position: 0 });
  });

  it("shows typing until the message comes, but not one's own", () => {
    const typing = (who: string) =>
      ({ op: "event", type: "typing", at, d: { conversation_id: "cnv_a", user_id: who } }) as ServerEvent;
    expect(Object.keys(following(typing("usr_other"), typing("usr_me")).typing.cnv_a ?? {})).toEqual(["usr_other"]);
    expect(following(typing("usr_other"), event("message.created", message(4, "usr_other"))).typing.cnv_a).toEqual({});
  });

  it("keeps one's own email, and whether it is confirmed, when an event leaves it out", () => {
    const s = applyEvents(
      { ...start, me: { ...person("usr_me"), email: "me@example.org", email_proved: true } },
      [event("user.updated", { ...person("usr_me"), display_name: "New" })],
      effects,
    );
    expect(s.me).toMatchObject({ display_name: "New", email: "me@example.org", email_proved: true });
  });

  it("takes away what a changed person has no more", () => {
    const away = { emoji: "🌴", text: "Away", expires_at: null };
    const before = { ...person("usr_other"), status: away, avatar_url: "/a", title: "Keeper" };
    const s = applyEvents(
      { ...start, users: { usr_other: before } },
      [event("user.updated", person("usr_other"))],
      effects,
    );
    expect(s.users.usr_other).toEqual(person("usr_other"));
  });

  it("gives the same state however events are batched", () => {
    const events = [
      event("message.created", message(4, "usr_other", { mentions: ["usr_me"] })),
      event("read.updated", {
        conversation_id: "cnv_a",
        last_read_position: 4,
        last_position: 4,
        unread: 0,
        mentions: 0,
      }),
      event("message.created", message(5, "usr_other")),
      event("message.updated", message(4, "usr_other", { version: 2, text: "edited" })),
    ];
    const one = events.reduce((s, e) => applyEvents(s, [e], effects), start);
    expect(one).toEqual(applyEvents(start, events, effects));
  });

  it("ignores what a newer server may say", () => {
    expect(following(event("reaction.added", {}))).toEqual(start);
  });
});
