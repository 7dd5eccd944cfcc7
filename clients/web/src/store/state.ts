import type { ConnectionState } from "../api/socket";
import type {
  Membership,
  Message,
  Meta,
  MuteLevel,
  PresenceState,
  Proof,
  ReadState,
  Sync,
  User,
  WorkspaceInfo,
} from "../api/types";

/** A conversation of the sidebar. */
export type Conversation = Omit<Membership, "unread"> & {
  /** How many messages of the system there are up to the last position, and up to the read one. */
  quiet: number;
  read_quiet: number;
  /** How many messages of muted people there are after the read position. */
  hushed: number;
  /** Mentions up to this position are in `mentions` already. */
  mentions_to: number;
};

/** A gapless stretch of a conversation's messages, ascending by position. */
export interface Timeline {
  messages: Message[];
  has_before: boolean;
  has_after: boolean;
  /** Something may be missing or outdated: to be fetched afresh. */
  stale: boolean;
}

/** A message on its way out. */
export interface Outgoing {
  client_msg_id: string;
  conversation_id: string;
  text: string;
  created_at: string;
  /** waiting for its turn or the connection · being sent · acknowledged, its event still to come · refused */
  state: "queued" | "sending" | "sent" | "failed";
  /** Why it was refused. */
  error?: string;
  /** Where it stands in the conversation, once it is acknowledged. */
  position?: number;
}

export interface State {
  /** starting · no session · a session that owes a proof · everything stands · the server could not be reached at all */
  phase: "starting" | "signed-out" | "owing" | "ready" | "unreachable";
  /** What the session has to prove, in the phase "owing". */
  owes: Proof;
  /** Takes the answer of the dialog that asks for a fresh proof; null when it is closed. */
  proof: ((proved: boolean) => void) | null;
  meta: Meta | null;
  me: User | null;
  workspace: WorkspaceInfo;
  users: Record<string, User>;
  presence: Record<string, PresenceState>;
  /** Whom the reader has muted or blocked, by id. */
  muted: Record<string, MuteLevel>;
  conversations: Record<string, Conversation>;
  timelines: Record<string, Timeline>;
  outgoing: Record<string, Outgoing[]>;
  /** By conversation and user: until when they count as typing, in epoch milliseconds. */
  typing: Record<string, Record<string, number>>;
  connection: ConnectionState;
  /** The server is of another version than this page. */
  outdated: boolean;
  /** When the connection was lost, in epoch milliseconds; 0 while there is one. */
  offline_since: number;
}

export const emptyState: State = {
  phase: "starting",
  owes: "",
  proof: null,
  meta: null,
  me: null,
  workspace: { name: "", profile_fields: [] },
  users: {},
  presence: {},
  muted: {},
  conversations: {},
  timelines: {},
  outgoing: {},
  typing: {},
  connection: { name: "connecting" },
  offline_since: 0,
  outdated: false,
};

export function conversationOf({ unread: _, ...membership }: Membership): Conversation {
  const { quiet = 0, read_quiet = 0, hushed = 0 } = membership;
  return { ...membership, quiet, read_quiet, hushed, mentions_to: membership.last_position };
}

/** How many messages came between the two positions; what the system says is not among them. */
export function cameOf({ last_position, quiet, last_read_position, read_quiet }: Conversation): number {
  return Math.max(0, last_position - quiet - (last_read_position - read_quiet));
}

/** The number of unread messages; what muted people write is not among them. */
export function unreadOf(conversation: Conversation): number {
  return Math.max(0, cameOf(conversation) - conversation.hushed);
}

/** Whom the reader has muted of the two in a direct conversation. */
export function mutedPeer(state: Pick<State, "me" | "muted">, { direct }: Conversation): string | undefined {
  const { participants = [] } = direct ?? {};
  return participants.length === 2
    ? participants.find((p) => p.id !== state.me?.id && state.muted[p.id])?.id
    : undefined;
}

/** The state after a fresh snapshot. Timelines stay on screen but are fetched afresh. */
export function applySync(state: State, sync: Sync): State {
  const conversations = Object.fromEntries(sync.conversations.map((m) => [m.conversation_id, conversationOf(m)]));
  const timelines = Object.fromEntries(
    Object.entries(state.timelines)
      .filter(([id]) => id in conversations)
      .map(([id, timeline]) => [id, { ...timeline, stale: true }]),
  );
  return {
    ...state,
    phase: "ready",
    me: sync.me,
    workspace: sync.workspace,
    users: { ...Object.fromEntries(sync.users.map((u) => [u.id, u])), [sync.me.id]: sync.me },
    presence: Object.fromEntries(sync.presence.map((p) => [p.user_id, p.state])),
    muted: Object.fromEntries((sync.muted_users ?? []).map((m) => [m.user.id, m.level])),
    conversations,
    timelines,
    typing: {},
  };
}

/** Takes over a read state. It may know of messages whose events are still to come. */
export function applyRead(state: State, read: ReadState): State {
  const conversation = state.conversations[read.conversation_id];
  if (!conversation) return state;
  const next: Conversation = {
    ...conversation,
    last_read_position: read.last_read_position,
    read_quiet: read.read_quiet ?? 0,
    hushed: read.hushed ?? 0,
    mentions: read.mentions,
    mentions_to: read.last_position,
  };
  return { ...state, conversations: { ...state.conversations, [next.conversation_id]: next } };
}

export function withConversation(state: State, membership: Membership): State {
  const known = state.conversations[membership.conversation_id];
  const fresh = conversationOf(membership);
  // An answer that was overtaken by events must not turn the conversation back.
  if (known && known.last_position > fresh.last_position) {
    fresh.last_position = known.last_position;
    fresh.quiet = known.quiet;
    fresh.hushed = known.hushed;
    fresh.mentions = known.mentions;
    fresh.mentions_to = known.mentions_to;
    fresh.last_post_at = known.last_post_at;
  }
  return { ...state, conversations: { ...state.conversations, [fresh.conversation_id]: fresh } };
}

export function withoutConversation(state: State, id: string): State {
  if (!(id in state.conversations)) return state;
  const conversations = { ...state.conversations };
  const timelines = { ...state.timelines };
  delete conversations[id];
  delete timelines[id];
  return { ...state, conversations, timelines };
}
