import type { Message } from "./api/types";
import type { Conversation, State } from "./store/state";

/** Where somebody new begins: in the first channel, on a phone too, where "/" is the list. */
export const WELCOME = "/welcome";

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
