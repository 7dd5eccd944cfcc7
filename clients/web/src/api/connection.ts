import { forgetDrafts, restoreDrafts } from "../messages/drafts";
import { applySync, type Outgoing } from "../store/state";
import { get, set } from "../store/store";
import { put } from "../store/timeline";
import { announce } from "../ui/announce";
import { backoff } from "./backoff";
import { ApiError, api, newSession, ok, problemOf, whenOwing, whenProofNeeded, whenSignedOut } from "./client";
import { applyEvents, type Effects } from "./events";
import { changed, counted, fetchConversation, forgetFetches } from "./membership";
import { Outbox } from "./outbox";
import { forgetPresence, presenceChanged, refreshPresence } from "./presence";
import { forgetOwed, overtaken, tellAgain, tellOver } from "./readState";
import { report } from "./report";
import { type ConnectionState, Socket } from "./socket";
import { type DraftStorage, openStorage } from "./storage";
import type { Message, ServerEvent, Welcome } from "./types";

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

tellOver(socket);

let starts = 0;

/** Finds out where things stand: set up or not, signed in or not; then connects. */
export async function start(attempt = 0): Promise<void> {
  const mine = ++starts;
  if (attempt === 0) set({ phase: "starting" });
  try {
    set({ meta: await ok(api.GET("/meta")) });
    const sync = await ok(api.GET("/sync"));
    if (mine !== starts) return;
    const storage = connect(sync.me.id);
    await restoreDrafts(storage);
    if (mine !== starts) return;
    set(applySync(get(), sync));
    current?.socket.start(sync.cursor);
    await current?.outbox.restore();
  } catch (error) {
    if (mine !== starts) return;
    if (error instanceof ApiError && error.code === "mfa_required") await owe();
    else if (error instanceof ApiError && ["unauthenticated", "suspended"].includes(error.code))
      set({ phase: "signed-out" });
    else {
      if (!(error instanceof ApiError)) report(error, "start");
      set({ phase: "unreachable" });
      const again = () => mine === starts && get().phase === "unreachable" && void start(attempt + 1);
      const { transient, retryAfter } = problemOf(error);
      if (transient) setTimeout(again, backoff(attempt, retryAfter * 1000));
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
  stop();
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

/** Ends the connection, and what is on its way over it or about it comes to nothing. */
function stop(): void {
  newSession();
  current?.socket.stop();
  current?.outbox.stop();
  current = held = null;
  forgetPresence();
  forgetFetches();
  forgetOwed();
}

/** Ends the connection and forgets everything that was known. */
export function disconnect(): void {
  stop();
  get().proof?.(false);
  forgetDrafts();
  set((s) => ({
    ...s,
    phase: "signed-out",
    me: null,
    users: {},
    presence: {},
    muted: {},
    conversations: {},
    timelines: {},
    outgoing: {},
    typing: {},
    offline_since: 0,
  }));
}

// The role has come to demand a second factor.
whenOwing(() => {
  if (get().phase === "ready") startOver();
});

/** Begins again as whoever is signed in now. */
function startOver(): void {
  disconnect();
  void start();
}

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
  if (connection.name === "online") {
    current?.outbox.drain();
    tellAgain();
  }
  if (connection.name === "closed" && [4403, 4410].includes(connection.code)) disconnect();
}

function welcome(hello: Welcome): void {
  const { meta, me } = get();
  // Somebody else has signed in by another tab: nothing may be said or read in their name here.
  if (hello.user_id !== me?.id) {
    startOver();
    return;
  }
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
  forgetPresence();
  for (let attempt = 0; held === mine; attempt++) {
    try {
      const sync = await ok(api.GET("/sync"));
      if (held !== mine) return; // the connection was lost meanwhile, or ended
      if (sync.me.id !== get().me?.id) return startOver();
      held = null;
      set(applySync(get(), sync));
      current?.socket.setCursor(sync.cursor);
      const later = mine.filter((e) => e.position === undefined || e.position > sync.cursor.position);
      const last = later.findLast((e) => e.position !== undefined);
      if (last?.position) current?.socket.setCursor({ ...sync.cursor, position: last.position, mark: last.mark ?? "" });
      apply(later);
    } catch (error) {
      if (!(error instanceof ApiError)) report(error, "resync");
      const wait = backoff(attempt, problemOf(error).retryAfter * 1000);
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

function apply(events: ServerEvent[]): void {
  const after: (() => void)[] = [];
  const effects: Effects = {
    fetchConversation: (id) => after.push(() => void fetchConversation(id)),
    touched: changed,
    counted,
    moved: presenceChanged,
    overtaken,
    settle: (message) => after.push(() => current?.outbox.settle(message)),
    arrived: (message) => after.push(() => announce(message)),
  };
  set(applyEvents(get(), events, effects));
  for (const effect of after) effect();
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

/** Comes back from sleep or from being offline, or perhaps is offline now. */
export function wake(): void {
  current?.socket.wake();
}
