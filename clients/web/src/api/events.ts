import {
  applyRead,
  type Conversation,
  cameOf,
  mutedPeer,
  type State,
  unreadOf,
  withConversation,
  withoutConversation,
} from "../store/state";
import { mentionsMe } from "../store/store";
import { put, removeThrough } from "../store/timeline";
import { forgetThrough, recentMessage, remember } from "./recent";
import type { Channel, Message, ReadState, ServerEvent, User } from "./types";

/** How long somebody counts as typing after the last sign of it. */
export const TYPING_FOR = 6000;

/** With more unread messages than this those of muted people are not told from the others. */
const MAX_HUSHED = 1000;

/** What events ask for that the store alone cannot do. */
export interface Effects {
  /** What is known of a conversation is not enough: it must be fetched. */
  fetchConversation(id: string): void;
  /** A conversation has changed: an answer about it that is on its way may be of before. */
  touched(id: string): void;
  /** Its members are one more or less. */
  counted(id: string): void;
  /** Somebody's presence has changed: an answer about it that is on its way may be of before. */
  moved(user: string): void;
  /** Whether more was read since than a read state knows of: then it changes nothing. */
  overtaken(read: ReadState): boolean;
  /** The message came: it needs no sending any more. */
  settle(message: Message): void;
  /** A message for the reader, to be announced. */
  arrived(message: Message): void;
}

/**
 * Applies events in the log's order. This is the only way in which what the socket
 * says enters the store; the result is the same however events are batched.
 */
export function applyEvents(state: State, events: ServerEvent[], effects: Effects): State {
  return events.reduce((s, event) => apply(s, event, effects), state);
}

function apply(state: State, event: ServerEvent, effects: Effects): State {
  if (event.type === "typing") return typing(state, event.d.conversation_id, event.d.user_id);
  if ("conversation_id" in event.d) effects.touched(event.d.conversation_id);
  else if (event.type.startsWith("channel.") && "id" in event.d) effects.touched(event.d.id);
  switch (event.type) {
    case "message.created":
      return created(state, event.d, effects);
    case "message.updated":
    case "message.deleted":
      return updated(state, event.d, effects);
    case "messages.removed":
      forgetThrough(event.d.conversation_id, event.d.through_position);
      return timelineOf(state, event.d.conversation_id, (t) => removeThrough(t, event.d.through_position));
    case "dm.created":
      return withConversation(state, {
        conversation_id: event.d.id,
        kind: "dm",
        last_position: event.d.last_position,
        last_read_position: 0,
        quiet: 0,
        read_quiet: 0,
        hushed: 0,
        unread: 0,
        mentions: 0,
        last_post_at: null,
        direct: event.d,
        ...keptPositions(state.conversations[event.d.id]),
      });
    case "channel.created":
    case "channel.updated":
    case "channel.archived":
    case "channel.unarchived":
      return channel(state, event.d);
    case "member.joined":
    case "member.left":
    case "member.role_changed":
      return member(state, event, effects);
    case "read.updated":
      return effects.overtaken(event.d) ? state : applyRead(state, event.d);
    case "muted_user.updated":
      return muted(state, event.d);
    case "user.created":
    case "user.updated":
    case "user.suspended":
    case "user.restored":
      return user(state, event.d);
    case "settings.changed":
      return { ...state, workspace: event.d };
    case "presence":
      effects.moved(event.d.user_id);
      return { ...state, presence: { ...state.presence, [event.d.user_id]: event.d.state } };
    default:
      return state; // a newer server's event, or one that only the connection heeds
  }
}

function created(state: State, message: Message, effects: Effects): State {
  remember(message);
  const me = state.me?.id ?? "";
  const conversation = state.conversations[message.conversation_id];
  if (message.author.id === me && message.client_msg_id) effects.settle(message);
  if (!conversation) {
    effects.fetchConversation(message.conversation_id);
    return state;
  }
  const system = message.kind === "system";
  const fresh = message.position > conversation.last_position;
  const hushed = message.author.id in state.muted && !system;
  if (fresh && !hushed) effects.arrived(message);
  const next: Conversation = {
    ...conversation,
    quiet: conversation.quiet + (fresh && system ? 1 : 0),
    last_position: Math.max(conversation.last_position, message.position),
    last_post_at: message.created_at,
  };
  // Whoever posts has read what stood before.
  if (message.author.id === me && !system && fresh) {
    next.last_read_position = message.position;
    next.read_quiet = next.quiet;
    next.hushed = 0;
  } else if (hushed) next.hushed += message.position > conversation.mentions_to ? 1 : 0;
  else if (message.position > conversation.mentions_to && mentionsMe(message, me)) next.mentions += 1;
  next.mentions_to = Math.max(next.mentions_to, message.position);
  // As the server counts: between two of whom one is muted all is hushed, and nothing where very much is unread.
  if (mutedPeer(state, next)) next.hushed = cameOf(next);
  else if (cameOf(next) > MAX_HUSHED) next.hushed = 0;
  if (unreadOf(next) === 0) next.mentions = 0;
  let after = { ...state, conversations: { ...state.conversations, [next.conversation_id]: next } };
  after = timelineOf(after, message.conversation_id, (t) => put(t, message));
  return stoppedTyping(after, message.conversation_id, message.author.id);
}

function updated(state: State, message: Message, effects: Effects): State {
  const me = state.me?.id ?? "";
  const conversation = state.conversations[message.conversation_id];
  const before =
    recentMessage(message.id) ?? state.timelines[message.conversation_id]?.messages.find((m) => m.id === message.id);
  remember(message);
  // An edit may begin or cease to call the reader; only the server can tell when the text before is not known here.
  const same = before !== undefined && mentionsMe(before, me) === mentionsMe(message, me);
  const counts = message.author.id !== me && !(message.author.id in state.muted);
  if (conversation && message.position > conversation.last_read_position && counts && !same) {
    effects.fetchConversation(message.conversation_id);
  }
  return timelineOf(state, message.conversation_id, (t) => put(t, message));
}

function timelineOf(
  state: State,
  id: string,
  change: (t: State["timelines"][string]) => State["timelines"][string],
): State {
  const timeline = state.timelines[id];
  if (!timeline) return state;
  const next = change(timeline);
  return next === timeline ? state : { ...state, timelines: { ...state.timelines, [id]: next } };
}

function keptPositions(known: Conversation | undefined) {
  if (!known) return {};
  const { last_position, last_read_position, quiet, read_quiet, hushed, mentions, last_post_at } = known;
  return { last_position, last_read_position, quiet, read_quiet, hushed, mentions, last_post_at };
}

function channel(state: State, fresh: Channel): State {
  const known = state.conversations[fresh.id];
  // Without a name it only says that a channel is not public any more; members get it in full right after.
  if (!known?.channel || !fresh.name) return state;
  // Events do not know the reader: whether one has joined is known here.
  const next: Conversation = { ...known, kind: fresh.kind, channel: { ...fresh, joined: known.channel.joined } };
  return { ...state, conversations: { ...state.conversations, [fresh.id]: next } };
}

function member(
  state: State,
  event: Extract<ServerEvent, { type: "member.joined" | "member.left" | "member.role_changed" }>,
  effects: Effects,
): State {
  const { conversation_id: id, user: who } = event.d;
  const known = state.conversations[id];
  if (who.id === state.me?.id) {
    if (event.type === "member.left") return withoutConversation(state, id);
    if (event.type === "member.joined" && !known) effects.fetchConversation(id);
    return state;
  }
  if (!known?.channel || event.type === "member.role_changed") return state;
  effects.counted(id);
  const count = Math.max(0, known.channel.member_count + (event.type === "member.joined" ? 1 : -1));
  const next: Conversation = { ...known, channel: { ...known.channel, member_count: count } };
  return { ...state, conversations: { ...state.conversations, [id]: next } };
}

function user(state: State, fresh: User): State {
  const me = state.me;
  // What the event leaves out is no more, but for what stands about one's email: events never have it.
  const whole = me?.id === fresh.id ? { ...fresh, email: me.email, email_proved: me.email_proved } : fresh;
  const after = { ...state, users: { ...state.users, [fresh.id]: whole } };
  return me?.id === fresh.id ? { ...after, me: whole } : after;
}

function muted(state: State, change: Extract<ServerEvent, { type: "muted_user.updated" }>["d"]): State {
  const { [change.user_id]: _, ...others } = state.muted;
  const now = change.muted_user ? { ...others, [change.user_id]: change.muted_user.level } : others;
  const after = Object.keys(state.typing).reduce((s, id) => stoppedTyping(s, id, change.user_id), state);
  return change.read_states.reduce(applyRead, { ...after, muted: now });
}

function typing(state: State, conversation: string, who: string): State {
  if (who === state.me?.id || who in state.muted) return state;
  const now = { ...state.typing[conversation], [who]: Date.now() + TYPING_FOR };
  return { ...state, typing: { ...state.typing, [conversation]: now } };
}

function stoppedTyping(state: State, conversation: string, who: string): State {
  const now = state.typing[conversation];
  if (!now || !(who in now)) return state;
  const { [who]: _, ...rest } = now;
  return { ...state, typing: { ...state.typing, [conversation]: rest } };
}
