import { create } from "zustand";
import type { Message, UserRef } from "../api/types";
import { type Conversation, emptyState, type Outgoing, type State } from "./state";

/** Everything that the app knows. Socket events enter through api/events.ts alone. */
export const useStore = create<State>()(() => emptyState);

export const get = useStore.getState;
export const set = useStore.setState;

const NONE: never[] = [];
const NOBODY = {};

export const useMe = () => useStore((s) => s.me);
export const useConversation = (id: string): Conversation | undefined => useStore((s) => s.conversations[id]);
export const useTimeline = (id: string) => useStore((s) => s.timelines[id]);
export const useOutgoing = (id: string): Outgoing[] => useStore((s) => s.outgoing[id] ?? NONE);
export const useTyping = (id: string): Record<string, number> => useStore((s) => s.typing[id] ?? NOBODY);
export const usePresence = (id: string) => useStore((s) => s.presence[id] ?? "offline");

/** The current name of somebody: as known now, else as the message says. */
export function useName(ref: UserRef): string {
  return useStore((s) => s.users[ref.id]?.display_name ?? ref.display_name);
}

/** Own channel by name, archived ones too. */
export function channelByName(state: State, name: string): Conversation | undefined {
  return Object.values(state.conversations).find((c) => c.channel?.name === name);
}

/** Who takes part in a direct conversation besides oneself. */
export function others(conversation: Conversation, me: string): UserRef[] {
  return (conversation.direct?.participants ?? []).filter((p) => p.id !== me);
}

/** What a conversation is called in the sidebar, the header and the title. */
export function titleOf(conversation: Conversation, state: Pick<State, "users" | "me">): string {
  if (conversation.channel) return conversation.channel.name;
  const me = state.me?.id ?? "";
  const names = others(conversation, me).map((p) => state.users[p.id]?.display_name ?? p.display_name);
  return names.length > 0 ? names.join(", ") : `${state.me?.display_name ?? "Me"} (notes)`;
}

/** Whether a message calls the reader: by name, or everybody, or in a direct conversation. */
export function mentionsMe(message: Message, me: string): boolean {
  return message.author.id !== me && (message.mention_all || message.mentions.includes(me));
}
