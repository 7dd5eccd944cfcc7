import { type Conversation, unreadOf } from "../store/state";

const names = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** Own channels by name; archived ones only while one looks at them. */
export function channelsOf(all: Record<string, Conversation>, active: string | null): Conversation[] {
  return Object.values(all)
    .filter((c) => c.channel && (!c.channel.archived || c.conversation_id === active))
    .sort((a, b) => names.compare(a.channel?.name ?? "", b.channel?.name ?? ""));
}

/** Direct conversations in which something was said, the latest first. */
export function directsOf(all: Record<string, Conversation>, active: string | null): Conversation[] {
  const latest = (c: Conversation) => c.last_post_at ?? c.direct?.created_at ?? "";
  return Object.values(all)
    .filter((c) => c.direct && (c.last_position > 0 || c.conversation_id === active || isNotes(c)))
    .sort((a, b) => latest(b).localeCompare(latest(a)));
}

const isNotes = (c: Conversation) => c.direct?.participants.length === 1;

/** Whether there are notes to oneself yet; they are made on their first use. */
export const hasNotes = (all: Record<string, Conversation>) => Object.values(all).some(isNotes);

/** What a section shows: all when it is open, else what is unread or in view. */
export function folded(list: Conversation[], open: boolean, active: string | null): Conversation[] {
  return open ? list : list.filter((c) => unreadOf(c) > 0 || c.conversation_id === active);
}

/** What calls the reader in a conversation: its mentions, or all of a direct one. */
export function badgeOf(conversation: Conversation): number {
  return conversation.direct ? unreadOf(conversation) : conversation.mentions;
}

/** The sums for the page's title. */
export function totals(all: Record<string, Conversation>): { badge: number; unread: boolean } {
  let badge = 0;
  let unread = false;
  for (const c of Object.values(all)) {
    if (c.channel?.archived) continue;
    badge += badgeOf(c);
    unread ||= unreadOf(c) > 0;
  }
  return { badge, unread };
}

/** The next conversation in the sidebar's order, round and round; with `unread` the next unread one. */
export function neighbour(all: Record<string, Conversation>, active: string | null, step: 1 | -1, unread: boolean) {
  const order = [...channelsOf(all, active), ...directsOf(all, active)];
  const at = order.findIndex((c) => c.conversation_id === active);
  for (let i = 1; i <= order.length; i++) {
    const next = order[(at + step * i + order.length * (i + 1)) % order.length];
    if (next && next.conversation_id !== active && (!unread || unreadOf(next) > 0)) return next;
  }
  return null;
}
