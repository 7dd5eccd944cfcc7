// The app's own code and a real dankerchatd over a network that is slow, broken, or faster by one way than by another.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { call, type Server, startServer, tokenOf } from "../e2e/lib/server.mjs";
import type { Channel, Cursor, Message, User } from "../src/api/types";
import { breakSocket, cutOff, holdBack, holdSocket, openAt, swallow, until } from "./browser";

const PASSWORD = "correct horse battery";
const ELSEWHERE: Cursor = { epoch: "another", position: 3, mark: "zzzz" };

let server: Server;
let app: {
  client: typeof import("../src/api/client");
  connection: typeof import("../src/api/connection");
  membership: typeof import("../src/api/membership");
  readState: typeof import("../src/api/readState");
  history: typeof import("../src/messages/history");
  keepMe: typeof import("../src/session/keepMe");
  state: typeof import("../src/store/state");
  store: typeof import("../src/store/store");
  within: typeof import("../src/api/within");
};
/** The tokens of the page's own user and of another. */
let own: string;
let member: string;
let general: Channel;

const other = <T>(method: string, path: string, body?: unknown) => call<T>(server, member, method, path, body);
const post = (text: string, id = general.id) => other<Message>("POST", `/conversations/${id}/messages`, { text });
const now = () => app.store.get();
const conversation = (id = general.id) => now().conversations[id];
const timeline = (id = general.id) => now().timelines[id]?.messages ?? [];
const outgoing = () => now().outgoing[general.id] ?? [];
/** What is on its way of what this test wrote; more may be left of another. */
const sending = (text: string) => outgoing().find((entry) => entry.text === text);
const online = () => now().connection.name === "online";
/** What is on its way from the server by now has been taken in once this is answered. */
const settled = async () => {
  await app.client.ok(app.client.api.GET("/meta"));
  await new Promise((resolve) => setTimeout(resolve));
};

let next = 0;
const write = (text: string) =>
  app.connection.outbox()?.add({
    client_msg_id: `network-${++next}`,
    conversation_id: general.id,
    text,
    created_at: new Date().toISOString(),
  });

/** Comes back with a place in another history, so that a fresh state is asked for. */
function resync(): void {
  app.connection.socket()?.stop();
  app.connection.socket()?.start(ELSEWHERE);
}

/** Does something whose first request waits hardly at all for an answer. */
function impatiently<T>(work: () => T): T {
  const { silence } = app.within;
  const before = { ...silence };
  Object.assign(silence, { read: 10, write: 10 });
  const done = work();
  Object.assign(silence, before);
  return done;
}

async function signIn(username: string): Promise<void> {
  const { api, ok, CLIENT } = app.client;
  await ok(api.POST("/auth/login", { body: { username, password: PASSWORD, client: CLIENT, session: "cookie" } }));
}

beforeAll(async () => {
  server = await startServer();
  openAt(server);
  app = {
    client: await import("../src/api/client"),
    connection: await import("../src/api/connection"),
    membership: await import("../src/api/membership"),
    readState: await import("../src/api/readState"),
    history: await import("../src/messages/history"),
    keepMe: await import("../src/session/keepMe"),
    state: await import("../src/store/state"),
    store: await import("../src/store/store"),
    within: await import("../src/api/within"),
  };
  const code = new URL(server.link).hash.slice(1);
  const owner = { workspace_name: "Example", username: "owner", display_name: "The Owner", password: PASSWORD };
  await call(server, null, "POST", "/setup", { code, ...owner });
  own = await tokenOf(server, "owner", PASSWORD);
  const user = { username: "member", display_name: "The Member", password: PASSWORD };
  await call(server, own, "POST", "/admin/users", user);
  member = await tokenOf(server, "member", PASSWORD);
  general = await other<Channel>("GET", "/channels/by-name/general");
  await signIn("owner");
});

afterAll(async () => {
  app?.connection.disconnect();
  await server?.stop();
});

describe("the app over a bad network", () => {
  beforeEach(async () => {
    app.connection.disconnect();
    await app.connection.start();
    await until(online, "the socket is open");
  });

  it("starts by itself once the server can be reached", async () => {
    app.connection.disconnect();
    cutOff("/meta");
    await app.connection.start();
    expect(now().phase).toBe("unreachable");
    await until(() => now().phase === "ready", "it started");
  });

  it("starts though its first question is lost without a word", async () => {
    app.connection.disconnect();
    const lost = swallow("/meta");
    const started = impatiently(() => app.connection.start());
    await lost.came;
    await started;
    expect(now().phase).toBe("ready");
  });

  it("says that no answer came to a change, which may have been made all the same", async () => {
    const { api, ok } = app.client;
    swallow("/me", "request");
    const change = impatiently(() => ok(api.PATCH("/me", { body: { display_name: "Not Heard" } })).catch((e) => e));
    expect(await change).toMatchObject({
      code: "network",
      transient: true,
      message: "The server did not answer.",
      hint: expect.stringMatching(/may have been done/),
    });
  });

  it("has the presence that came while all of it was asked for", async () => {
    const who = (await other<User>("GET", "/me")).id;
    const answer = holdBack("/presence");
    breakSocket();
    await answer.came;
    const peer = new WebSocket(`${server.url.replace("http", "ws")}/api/v1/ws`, "dankerchat.v1");
    peer.on("open", () => peer.send(JSON.stringify({ op: "hello", id: "c1", d: { client: "test", token: member } })));
    await until(() => now().presence[who] === "online", "the event came");
    answer.go();
    await settled();
    expect(now().presence[who]).toBe("online");
    peer.close();
    await until(() => now().presence[who] === "offline", "the peer is gone");
  });

  it("asks again for the presence when no answer came", async () => {
    const who = (await other<User>("GET", "/me")).id;
    app.store.set({ presence: { [who]: "away" } });
    const lost = cutOff("/presence");
    breakSocket();
    await lost;
    await until(() => now().presence[who] !== "away", "it is known");
  });

  it("stays signed out when a fresh state comes after that", async () => {
    const answer = holdBack("/sync");
    resync();
    await answer.came;
    app.connection.disconnect();
    answer.go();
    await settled();
    expect(now().phase).toBe("signed-out");
    expect(now().me).toBeNull();
  });

  it("leaves nothing of what was on its way to whoever signs in next", async () => {
    const socket = holdSocket();
    write("in flight");
    expect(sending("in flight")?.state).toBe("sending");
    app.connection.disconnect();
    socket.go();
    await settled();
    expect(now().outgoing).toEqual({});
  });

  it("is not signed out by an answer of the session before", async () => {
    const { api, ok } = app.client;
    const socket = holdSocket();
    await call(server, own, "DELETE", "/me/sessions");
    const answer = holdBack("/roles");
    const refused = ok(api.GET("/roles")).catch((e) => e.code);
    await answer.came;
    socket.go();
    await until(() => now().phase === "signed-out", "the session ended");
    await signIn("owner");
    await app.connection.start();
    answer.go();
    expect(await refused).toBe("unauthenticated");
    expect(now().phase).toBe("ready");
  });

  it("shows a message once that was sent while the state was fetched", async () => {
    await app.history.loadLatest(general.id);
    const request = holdBack("/sync", "request");
    resync();
    await request.came;
    await until(online, "the socket is open");
    write("sent meanwhile");
    await until(() => sending("sent meanwhile")?.state === "sent", "it is acknowledged");
    request.go();
    await until(() => now().timelines[general.id]?.stale === true, "the state is fresh");
    await app.history.loadLatest(general.id);
    expect(timeline().filter((m) => m.text === "sent meanwhile")).toHaveLength(1);
    expect(sending("sent meanwhile")).toBeUndefined();
  });

  it("tells the server what was read over a connection that broke", async () => {
    const message = await post("to be read");
    await until(() => conversation()?.last_position === message.position, "it came");
    const socket = holdSocket();
    breakSocket();
    void app.readState.markRead(general.id, message.position);
    socket.go();
    await until(async () => {
      const read = await call<{ last_read_position: number }>(server, own, "GET", `/conversations/${general.id}`);
      return read.last_read_position === message.position;
    }, "the server knows");
  });

  it("goes forward when what was read is confirmed late", async () => {
    const first = await post("first");
    const second = await post("second");
    await until(() => conversation()?.last_position === second.position, "they came");
    const seen: number[] = [];
    const stop = app.store.useStore.subscribe((s) => seen.push(s.conversations[general.id]?.last_read_position ?? 0));
    await Promise.all([
      app.readState.markRead(general.id, first.position),
      app.readState.markRead(general.id, second.position),
    ]);
    stop();
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.at(-1)).toBe(second.position);
  });

  it("marks as unread after what is being marked as read, and not over what was read since", async () => {
    const message = await post("to be unread");
    await until(() => conversation()?.last_position === message.position, "it came");
    const socket = holdSocket();
    const read = app.readState.markRead(general.id, message.position);
    const answer = holdBack("/unread-from");
    let asked = false;
    void answer.came.then(() => {
      asked = true;
    });
    const unread = app.readState.markUnreadFrom(general.id, message.position);
    await settled();
    expect(asked).toBe(false);
    socket.go();
    await read;
    await answer.came;
    await until(() => conversation()?.last_read_position === message.position - 1, "it is unread");
    write("and so it is read");
    await until(() => !sending("and so it is read"), "it is sent");
    answer.go();
    await unread;
    expect(conversation()?.last_read_position).toBe(conversation()?.last_position);
  });

  it("keeps no messages of a channel that one left while they were fetched", async () => {
    const channel = await other<Channel>("POST", "/channels", {
      name: "left",
      kind: "private",
      members: [now().me?.id],
    });
    await until(() => channel.id in now().conversations, "it is here");
    const page = holdBack(`/conversations/${channel.id}/messages?limit=80`);
    const load = app.history.loadLatest(channel.id);
    await page.came;
    await other("DELETE", `/channels/${channel.id}/members/${now().me?.id}`);
    await until(() => !(channel.id in now().conversations), "one is out");
    page.go();
    await load;
    expect(now().timelines[channel.id]).toBeUndefined();
  });

  it("has the newest messages though their page is older than the state", async () => {
    const channel = await other<Channel>("POST", "/channels", {
      name: "older",
      kind: "private",
      members: [now().me?.id],
    });
    await until(() => channel.id in now().conversations, "it is here");
    await post("before", channel.id);
    const page = holdBack(`/conversations/${channel.id}/messages?limit=80`);
    const load = app.history.loadLatest(channel.id);
    await page.came;
    app.connection.socket()?.stop();
    const last = await post("missed", channel.id);
    app.connection.socket()?.start(ELSEWHERE);
    await until(() => conversation(channel.id)?.last_position === last.position, "the state is fresh");
    page.go();
    await load;
    expect(timeline(channel.id).at(-1)?.text).toBe("missed");
  });

  it("counts the members of a channel though the answer knew of one before the event did", async () => {
    const channel = await other<Channel>("POST", "/channels", { name: "counted", kind: "public" });
    const { api, ok } = app.client;
    await ok(api.POST("/channels/{channel}/join", { params: { path: { channel: channel.id } } }));
    await until(() => conversation(channel.id)?.channel?.member_count === 2, "it is here");
    const socket = holdSocket();
    const invited = await call<User>(server, own, "POST", "/admin/users", {
      username: "third",
      display_name: "The Third",
      password: PASSWORD,
    });
    await other("POST", `/channels/${channel.id}/members`, { user_ids: [invited.id] });
    await app.membership.fetchConversation(channel.id);
    expect(conversation(channel.id)?.channel?.member_count).toBe(3);
    const last = await post("after that", channel.id);
    socket.go();
    await until(() => conversation(channel.id)?.last_position === last.position, "the events came");
    await until(() => conversation(channel.id)?.channel?.member_count === 3, "the count is right");
  });

  it("waits for a conversation that is being fetched already", async () => {
    const channel = await other<Channel>("POST", "/channels", { name: "awaited", kind: "private" });
    const answer = holdBack(`/conversations/${channel.id}`);
    await other("POST", `/channels/${channel.id}/members`, { user_ids: [now().me?.id] });
    await answer.came;
    const fetched = app.membership.fetchConversation(channel.id).then(() => channel.id in now().conversations);
    answer.go();
    expect(await fetched).toBe(true);
  });

  it("keeps a later profile when the answer to an earlier change is late", async () => {
    const { api, ok } = app.client;
    const answer = holdBack("/me");
    const kept = app.keepMe.keepMe(ok(api.PATCH("/me", { body: { display_name: "Earlier" } })));
    await answer.came;
    await call(server, own, "PATCH", "/me", { display_name: "Later" });
    await until(() => now().me?.display_name === "Later", "the event came");
    answer.go();
    await kept;
    expect(now().me?.display_name).toBe("Later");
    expect(now().users[now().me?.id ?? ""]?.display_name).toBe("Later");
  });

  it("sends nothing in the name of somebody who signed in by another tab", async () => {
    const { cursor } = await app.client.ok(app.client.api.GET("/sync"));
    const socket = app.connection.socket();
    socket?.stop();
    write("in one's own name");
    await signIn("member");
    socket?.start(cursor);
    await until(() => now().me?.username === "member" && online(), "the page is theirs");
    await settled();
    const page = await other<{ data: Message[] }>("GET", `/conversations/${general.id}/messages?limit=50`);
    expect(page.data.map((m) => m.text)).not.toContain("in one's own name");
    await signIn("owner");
    app.connection.disconnect();
    await app.connection.start();
    await until(async () => {
      const { data } = await other<{ data: Message[] }>("GET", `/conversations/${general.id}/messages?limit=50`);
      return data.some((m) => m.text === "in one's own name" && m.author.username === "owner");
    }, "it is sent in one's own name");
  });
});
