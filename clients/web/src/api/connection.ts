import { forgetDrafts, restoreDrafts } from "../messages/drafts";
import { applyRead, applySync, type Outgoing } from "../store/state";
import { get, set } from "../store/store";
import { put } from "../store/timeline";
import { announce } from "../ui/announce";
import { ApiError, api, ok, whenOwing, whenProofNeeded, whenSignedOut } from "./client";
import { applyEvents, type Effects } from "./events";
import { changed, fetchConversation } from "./membership";
import { Outbox } from "./outbox";
import { report } from "./report";
import { type ConnectionState, Socket } from "./socket";
import { type DraftStorage, openStorage } from "./storage";
import type { Message, ReadState, ServerEvent, Welcome } from "./types";

/** What lives as long as somebody is signed in. */
interface Connection {
  socket: Socket;
  outbox: Outbox;
}

let current: Connection | null = null;
/** Events that came while a fresh state was being fetched; null when the state stands. */
let held: ServerEvent[] | null = null;

export const socket = () => current?.socket ?? null;
export const outbox = () => current?.outbox ?? null;

/** Finds out where things stand: set up or not, signed in or not; then connects. */
export async function start(): Promise<void> {
  set({ phase: "starting" });
  try {
    set({ meta: await ok(api.GET("/meta")) });
    const sync = await ok(api.GET("/sync"));
    const storage = connect(sync.me.id);
    await restoreDrafts(storage);
    set(applySync(get(), sync));
    current?.socket.start(sync.cursor);
    await current?.outbox.restore();
  } catch (error) {
    if (error instanceof ApiError && error.code === "mfa_required") await owe();
    else if (error instanceof ApiError && ["unauthenticated", "suspended"].includes(error.code))
      set({ phase: "signed-out" });
    else {
      if (!(error instanceof ApiError)) report(error, "start");
      set({ phase: "unreachable" });
    }
  }
}

/** Finds out what the session has to prove. */
async function owe(): Promise<void> {
  try {
    const { owes } = await ok(api.GET("/auth/2fa"));
    set({ phase: "owing", owes });
  } catch (error) {
    const ended = error instanceof ApiError && !error.transient;
    set({ phase: ended ? "signed-out" : "unreachable" });
  }
}

function connect(user: string): DraftStorage {
  current?.socket.stop();
  current?.outbox.stop();
  held = null;
  const storage = openStorage(user);
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const opened = new Socket(`${scheme}://${location.host}/api/v1/ws`, {
    welcome,
    events: (events) => (held ? held.push(...events) : apply(events)),
    state: connectionState,
    // A handshake that fails does not say why: an ordinary request does, and signs out if it must.
    refused: () => void ok(api.GET("/roles")).catch(() => {}),
  });
  const outgoing = new Outbox({
    storage,
    send: (entry) => send(opened, entry),
    online: () => opened.online,
    changed: (id, queue) => set((s) => ({ outgoing: { ...s.outgoing, [id]: queue } })),
    acknowledged,
  });
  current = { socket: opened, outbox: outgoing };
  return storage;
}

/** Ends the connection and forgets everything that was known. */
export function disconnect(): void {
  current?.socket.stop();
  current?.outbox.stop();
  current = null;
  forgetDrafts();
  set((s) => ({
    ...s,
    phase: "signed-out",
    me: null,
    users: {},
    presence: {},
    conversations: {},
    timelines: {},
    outgoing: {},
    typing: {},
    offline_since: 0,
  }));
}

// The role has come to demand a second factor.
whenOwing(() => {
  if (get().phase !== "ready") return;
  disconnect();
  void start();
});

let proving: Promise<boolean> | null = null;

// However many requests want a proof, one dialog asks.
whenProofNeeded(() => {
  proving ??= new Promise((resolve) => {
    set({
      proof: (proved) => {
        proving = null;
        set({ proof: null });
        resolve(proved);
      },
    });
  });
  return proving;
});

whenSignedOut(() => {
  if (get().phase === "ready") disconnect();
});

function connectionState(connection: ConnectionState): void {
  set((s) => ({
    connection,
    offline_since: connection.name === "online" ? 0 : s.offline_since || Date.now(),
  }));
  if (connection.name === "online") current?.outbox.drain();
  if (connection.name === "closed" && [4403, 4410].includes(connection.code)) disconnect();
}

function welcome(hello: Welcome): void {
  const { meta } = get();
  if (meta && meta.version !== hello.server.version) set({ outdated: true });
  if (hello.resumed) {
    held = null;
    void refreshPresence();
  } else {
    void resync();
  }
}

/** Fetches a fresh state while events already come in, and applies those that it does not hold. */
async function resync(): Promise<void> {
  const mine: ServerEvent[] = [];
  held = mine;
  for (let attempt = 0; held === mine; attempt++) {
    try {
      const sync = await ok(api.GET("/sync"));
      if (held !== mine) return; // the connection was lost meanwhile
      held = null;
      set(applySync(get(), sync));
      current?.socket.setCursor(sync.cursor);
      const later = mine.filter((e) => e.position === undefined || e.position > sync.cursor.position);
      const last = later.findLast((e) => e.position !== undefined);
      if (last?.position) current?.socket.setCursor({ ...sync.cursor, position: last.position, mark: last.mark ?? "" });
      apply(later);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, Math.min(30_000, 1000 * 2 ** attempt)));
    }
  }
}

function apply(events: ServerEvent[]): void {
  const after: (() => void)[] = [];
  const effects: Effects = {
    fetchConversation: (id) => after.push(() => void fetchConversation(id)),
    touched: changed,
    settle: (message) => after.push(() => current?.outbox.settle(message)),
    arrived: (message) => after.push(() => announce(message)),
  };
  set(applyEvents(get(), events, effects));
  for (const effect of after) effect();
}

/** Presence is not in the log, so a resumed connection asks for it. */
async function refreshPresence(): Promise<void> {
  try {
    const { data } = await ok(api.GET("/presence"));
    set({ presence: Object.fromEntries(data.map((p) => [p.user_id, p.state])) });
  } catch {
    // The dots stay as they were; the next change of each corrects it.
  }
}

async function send(over: Socket, { conversation_id, text, client_msg_id }: Outgoing): Promise<Message> {
  return (await over.request("message.send", { conversation_id, text, client_msg_id })) as Message;
}

/** Whether the message's event has been applied: then it is put where it belongs at once. */
function acknowledged(message: Message): boolean {
  const { conversations, timelines } = get();
  const conversation = conversations[message.conversation_id];
  if (!conversation || message.position > conversation.last_position) return false;
  const timeline = timelines[message.conversation_id];
  if (timeline) set({ timelines: { ...timelines, [message.conversation_id]: put(timeline, message) } });
  return true;
}

/** Marks all up to a position as read: here at once, then on the server and so in other tabs. */
export async function markRead(conversation: string, position: number): Promise<void> {
  const known = get().conversations[conversation];
  if (!known || position <= known.last_read_position) return;
  const all = position >= known.last_position;
  const next = { ...known, last_read_position: position, mentions: all ? 0 : known.mentions };
  // Short of the end the answer tells how many of the system's messages lie before it.
  if (all) Object.assign(next, { read_quiet: known.quiet, hushed: 0 });
  set((s) => ({ conversations: { ...s.conversations, [conversation]: next } }));
  const body = { position };
  try {
    if (current?.socket.online) await current.socket.request("read", { conversation_id: conversation, position });
    else await ok(api.PUT("/conversations/{conversation}/read", { params: { path: { conversation } }, body }));
  } catch {
    // The next message read carries a later position.
  }
}

/** Marks a message and all after it as unread. */
export async function markUnreadFrom(conversation: string, position: number): Promise<ReadState> {
  const params = { path: { conversation } };
  const read = await ok(api.PUT("/conversations/{conversation}/unread-from", { params, body: { position } }));
  set(applyRead(get(), read));
  return read;
}

/** Comes back from sleep or from being offline, or perhaps is offline now. */
export function wake(): void {
  current?.socket.wake();
}
