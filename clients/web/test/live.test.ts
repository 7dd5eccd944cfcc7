// The app's own client, socket, outbox and store against a real dankerchatd.
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { call, type Server, startServer, tokenOf } from "../e2e/lib/server.mjs";
import type { Channel, Message, Sync, User } from "../src/api/types";
import { cutOff, holdBack, openAt, until } from "./browser";

const PASSWORD = "correct horse battery";

let server: Server;
let app: {
  client: typeof import("../src/api/client");
  connection: typeof import("../src/api/connection");
  history: typeof import("../src/messages/history");
  readState: typeof import("../src/api/readState");
  state: typeof import("../src/store/state");
  store: typeof import("../src/store/store");
};
let member: string;
let general: Channel;

/** As the other person, by the bare API. */
const other = <T>(method: string, path: string, body?: unknown) => call<T>(server, member, method, path, body);
const post = (text: string) => other<Message>("POST", `/conversations/${general.id}/messages`, { text });
const now = () => app.store.get();
const timeline = () => now().timelines[general.id]?.messages ?? [];
const online = () => now().connection.name === "online";

let next = 0;
const write = (text: string) =>
  app.connection.outbox()?.add({
    client_msg_id: `test-${++next}`,
    conversation_id: general.id,
    text,
    created_at: new Date().toISOString(),
  });

beforeAll(async () => {
  server = await startServer();
  openAt(server);
  // The modules read the page's address when they are loaded.
  app = {
    client: await import("../src/api/client"),
    connection: await import("../src/api/connection"),
    history: await import("../src/messages/history"),
    readState: await import("../src/api/readState"),
    state: await import("../src/store/state"),
    store: await import("../src/store/store"),
  };
});

afterAll(async () => {
  app?.connection.disconnect();
  await server?.stop();
});

// They tell one story: each goes on where the one before has ended.
describe("the app and a real server", { shuffle: false }, () => {
  it("finds a workspace that is not set up", async () => {
    await app.connection.start();
    expect(now().phase).toBe("signed-out");
    expect(now().meta?.setup_done).toBe(false);
  });

  it("says which field is wrong, in words for people", async () => {
    const { api, ok, ApiError } = app.client;
    const code = new URL(server.link).hash.slice(1);
    const body = { code, workspace_name: "Example", username: "NOT OK", display_name: "The Owner", password: PASSWORD };
    const failure = await ok(api.POST("/setup", { body })).catch((e) => e);
    expect(failure).toBeInstanceOf(ApiError);
    expect(failure.code).toBe("invalid");
    expect(failure.fields.username).toMatch(/^[A-Z].*\.$/);
    expect(failure.transient).toBe(false);
  });

  it("sets up, signs in with the cookie, and comes online", async () => {
    const { api, ok } = app.client;
    const code = new URL(server.link).hash.slice(1);
    const body = { code, workspace_name: "Example", username: "owner", display_name: "The Owner", password: PASSWORD };
    await ok(api.POST("/setup", { body }));
    await app.connection.start();
    expect(now().phase).toBe("ready");
    expect(now().me?.username).toBe("owner");
    await until(online, "the socket is open");
    const user = { username: "member", display_name: "The Member", password: PASSWORD };
    await ok(api.POST("/admin/users", { body: user }));
    member = await tokenOf(server, "member", PASSWORD);
    general = await other<Channel>("GET", "/channels/by-name/general");
    await until(() => Object.values(now().users).some((u) => u.username === "member"), "the new user is known");
  });

  it("shows what somebody else writes, counts it, and marks it as read", async () => {
    await app.history.loadLatest(general.id);
    const message = await post("hello @owner");
    await until(() => timeline().some((m) => m.id === message.id), "the message came");
    expect(now().conversations[general.id]?.mentions).toBe(1);
    await app.readState.markRead(general.id, message.position);
    const sync = await app.client.ok(app.client.api.GET("/sync"));
    const fresh = sync.conversations.find((c) => c.conversation_id === general.id);
    expect(fresh).toMatchObject({ last_read_position: message.position, unread: 0, mentions: 0 });
  });

  it("sends in order and shows each once", async () => {
    for (let i = 1; i <= 10; i++) write(`in order ${i}`);
    await until(() => (now().outgoing[general.id] ?? []).length === 0, "all is sent");
    const texts = timeline()
      .map((m) => m.text)
      .filter((t) => t.startsWith("in order"));
    expect(texts).toEqual(Array.from({ length: 10 }, (_, i) => `in order ${i + 1}`));
  });

  it("sends what waits over a crash of the server, once, and resumes", async () => {
    write("under way");
    await server.kill();
    await until(() => !online(), "the connection is lost");
    write("written while it is gone");
    await server.start();
    await until(online, "the connection is back");
    await until(() => (now().outgoing[general.id] ?? []).length === 0, "all is sent");
    const page = await other<{ data: Message[] }>("GET", `/conversations/${general.id}/messages?limit=200`);
    for (const text of ["under way", "written while it is gone"]) {
      expect(page.data.filter((m) => m.text === text)).toHaveLength(1);
      expect(timeline().filter((m) => m.text === text)).toHaveLength(1);
    }
    expect(timeline().map((m) => m.position)).toEqual(
      Array.from({ length: timeline().length }, (_, i) => (timeline()[0]?.position ?? 0) + i),
    );
  });

  it("refuses for good what the server refuses, and keeps the text", async () => {
    const { api, ok } = app.client;
    const channel = await ok(api.POST("/channels", { body: { name: "closed", kind: "public" } }));
    await ok(api.POST("/channels/{channel}/archive", { params: { path: { channel: channel.id } } }));
    app.connection.outbox()?.add({
      client_msg_id: "refused",
      conversation_id: channel.id,
      text: "too late",
      created_at: new Date().toISOString(),
    });
    await until(() => now().outgoing[channel.id]?.[0]?.state === "failed", "it is refused");
    expect(now().outgoing[channel.id]?.[0]).toMatchObject({ text: "too late" });
    app.connection.outbox()?.drop(channel.id, "refused");
  });

  it("does not keep a channel that one left while it was fetched, and has it when one is back", async () => {
    const me = now().me?.id ?? "";
    const channel = await other<Channel>("POST", "/channels", { name: "in-and-out", kind: "private" });
    const members = `/channels/${channel.id}/members`;
    const answer = holdBack(`/conversations/${channel.id}`);
    await other("POST", members, { user_ids: [me] });
    await answer.came;
    await other("DELETE", `${members}/${me}`);
    const last = await post("after one has left");
    await until(() => timeline().at(-1)?.id === last.id, "the events came");
    const second = holdBack(`/conversations/${channel.id}`);
    answer.go();
    await second.came;
    second.go();
    await until(() => !(channel.id in now().conversations), "it is gone");
    await other("POST", members, { user_ids: [me] });
    await until(() => channel.id in now().conversations, "one is back");
  });

  it("asks again for a conversation when no answer came", async () => {
    const me = now().me?.id ?? "";
    const channel = await other<Channel>("POST", "/channels", { name: "lost-answer", kind: "private" });
    cutOff(`/conversations/${channel.id}`);
    await other("POST", `/channels/${channel.id}/members`, { user_ids: [me] });
    await until(() => channel.id in now().conversations, "it is here all the same");
  });

  it("ends in the same state as a fresh page, whatever happened meanwhile", async () => {
    const { api, ok } = app.client;
    const first = await post("to be edited");
    await other("PATCH", `/messages/${first.id}`, { text: "edited, @owner" });
    const second = await post("to be deleted");
    await other("DELETE", `/messages/${second.id}`);
    const made = await other<Channel>("POST", "/channels", { name: "made-meanwhile", kind: "public" });
    await ok(api.POST("/channels/{channel}/join", { params: { path: { channel: made.id } } }));
    await other("POST", `/conversations/${made.id}/messages`, { text: "@channel everybody" });
    await other("PATCH", `/channels/${made.id}`, { topic: "a topic", name: "renamed-meanwhile" });
    const users = await other<{ data: User[] }>("GET", "/users");
    const me = users.data.find((u) => u.username === "owner")?.id;
    const direct = await other<{ id: string }>("POST", "/dms", { user_ids: [me] });
    await other("POST", `/conversations/${direct.id}/messages`, { text: "directly" });
    await other("PATCH", "/me", { display_name: "The Renamed" });
    const left = await other<Channel>("POST", "/channels", { name: "left-meanwhile", kind: "private", members: [me] });
    await other("DELETE", `/channels/${left.id}/members/${me}`);
    await post("the last one");
    await until(() => timeline().at(-1)?.text === "the last one", "the last event came");

    const sync = await ok(api.GET("/sync"));
    await until(
      () => Object.keys(now().conversations).length === sync.conversations.length,
      "all conversations are here",
    );
    const fresh = app.state.applySync(app.state.emptyState, sync as Sync);
    const shown = (s: typeof fresh) => ({
      users: Object.fromEntries(Object.values(s.users).map((u) => [u.username, u.display_name])),
      conversations: Object.fromEntries(
        Object.entries(s.conversations).map(([id, c]) => [
          id,
          {
            unread: app.state.unreadOf(c),
            last: c.last_position,
            mentions: c.mentions,
            channel: c.channel && { ...c.channel, last_position: 0 },
            direct: c.direct?.participants.map((p) => p.id).sort(),
          },
        ]),
      ),
    });
    // What was asked for anew by an event may be answered a moment later.
    await until(() => isDeepStrictEqual(shown(now()), shown(fresh)), "the states are the same").catch(() => {});
    expect(shown(now())).toEqual(shown(fresh));
    const page = await ok(
      api.GET("/conversations/{conversation}/messages", {
        params: { path: { conversation: general.id }, query: { limit: 200 } },
      }),
    );
    // Names are shown as they are now, not as the message was delivered with.
    const named = (m: Message) => ({ ...m, author: m.author.id });
    const tail = timeline().slice(-20).map(named);
    expect(tail).toEqual(page.data.slice(-tail.length).map(named));
  });

  it("fetches a fresh state when its place in the log is of another history", async () => {
    const cursor = { epoch: "another", position: 3, mark: "zzzz" };
    app.connection.socket()?.stop();
    await post("not seen by events");
    app.connection.socket()?.start(cursor);
    await until(online, "the socket is open");
    const last = (await other<Channel>("GET", "/channels/by-name/general")).last_position;
    await until(() => now().conversations[general.id]?.last_position === last, "the state is fresh");
    expect(now().timelines[general.id]?.stale).toBe(true);
    await app.history.loadLatest(general.id);
    expect(timeline().at(-1)?.text).toBe("not seen by events");
    const live = await post("and live from there");
    await until(() => timeline().some((m) => m.id === live.id), "events go on");
  });

  it("is signed out when the session is ended elsewhere, and says why", async () => {
    const token = await tokenOf(server, "owner", PASSWORD);
    await call(server, token, "DELETE", "/me/sessions");
    await until(() => now().phase === "signed-out", "it is signed out");
    expect(now().connection).toMatchObject({ name: "closed", code: 4410 });
    expect(now().conversations).toEqual({});
  });
});
