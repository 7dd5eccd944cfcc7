import type { Message } from "../api/types";

type Listener = (message: Message) => void;

const listeners = new Set<Listener>();

/** Tells whoever listens that a new message has come. */
export function announce(message: Message): void {
  for (const listener of listeners) listener(message);
}

export function onAnnounce(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
