import type { Message } from "./api/types";
import type { Conversation, State } from "./store/state";

/** Where somebody new begins: in the first channel, on a phone too, where "/" is the list. */
export const WELCOME = "/welcome";

/** A part of a path as it reads; one that is mistyped stays as it is. */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Where a conversation is in the app. */
export function pathOf(conversation: Conversation): string {
  return conversation.channel
    ? `/c/${encodeURIComponent(conversation.channel.name)}`
    : `/dm/${conversation.conversation_id}`;
}

/** The path of one message. */
export function permalink(state: State, message: Message): string {
  const conversation = state.conversations[message.conversation_id];
  return `${conversation ? pathOf(conversation) : `/dm/${message.conversation_id}`}/m/${message.id}`;
}
