import type { User } from "../api/types";
import { get } from "../store/store";

export interface Candidate {
  /** What stands after the @. */
  name: string;
  display: string;
  id: string;
}

const MOST = 8;

/** The mention being written at the caret: where its @ stands, and what follows so far. */
export function mentionAt(text: string, caret: number): { start: number; query: string } | null {
  const match = /(?:^|[\s(])@([\p{L}\p{M}\d._-]*)$/u.exec(text.slice(0, caret));
  if (!match) return null;
  const query = match[1] as string;
  return { start: caret - query.length - 1, query: query.toLowerCase() };
}

/** Who may be meant: people who wrote here lately first, then those whose name begins so. */
export function candidates(query: string, conversation: string): Candidate[] {
  const state = get();
  const here = state.conversations[conversation];
  const recent = new Map<string, number>();
  for (const message of state.timelines[conversation]?.messages.slice(-200) ?? []) {
    recent.set(message.author.id, message.position);
  }
  const among = here?.direct ? new Set(here.direct.participants.map((p) => p.id)) : null;
  const rank = (user: User) =>
    (recent.get(user.id) ?? 0) +
    (user.username.startsWith(query) || user.display_name.toLowerCase().startsWith(query) ? 1e9 : 0);
  const people = Object.values(state.users)
    .filter((u) => u.state === "active" && (!among || among.has(u.id)) && matches(u, query))
    .sort((a, b) => rank(b) - rank(a) || a.username.localeCompare(b.username))
    .slice(0, MOST)
    .map((u) => ({ name: u.username, display: u.display_name, id: u.id }));
  const everybody = { name: "channel", display: "Everybody in this channel", id: "" };
  return here?.channel && state.me?.role !== "guest" && "channel".startsWith(query) ? [...people, everybody] : people;
}

function matches(user: User, query: string): boolean {
  return user.username.includes(query) || user.display_name.toLowerCase().includes(query);
}
