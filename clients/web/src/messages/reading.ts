import { useEffect, useState } from "react";
import { markRead } from "../api/readState";
import { type Conversation, cameOf, unreadOf } from "../store/state";

const AFTER = 500;
const kept = new Set<string>();

/** Leaves a conversation unread until one has left it. */
export function keepUnread(conversation: string): void {
  kept.add(conversation);
}

/** Whether somebody is looking: the page is visible and has the focus. */
export function useWatched(): boolean {
  const [watched, setWatched] = useState(isWatched);
  useEffect(() => {
    const update = () => setWatched(isWatched());
    document.addEventListener("visibilitychange", update);
    addEventListener("focus", update);
    addEventListener("blur", update);
    return () => {
      document.removeEventListener("visibilitychange", update);
      removeEventListener("focus", update);
      removeEventListener("blur", update);
    };
  }, []);
  return watched;
}

function isWatched(): boolean {
  return document.visibilityState === "visible" && document.hasFocus();
}

/** Marks a conversation as read once its end has been in sight for half a second. */
export function useMarkRead(conversation: Conversation, atEnd: boolean, watched: boolean): void {
  const { conversation_id: id, last_position: last } = conversation;
  const unread = cameOf(conversation) > 0; // what muted people wrote is read, too
  useEffect(() => () => void kept.delete(id), [id]);
  useEffect(() => {
    if (!atEnd || !watched || !unread || kept.has(id)) return;
    const timer = setTimeout(() => {
      if (!kept.has(id)) void markRead(id, last);
    }, AFTER);
    return () => clearTimeout(timer);
  }, [id, last, unread, atEnd, watched]);
}

/**
 * The position after which the new-messages line stands. It stays where it is while
 * one looks, and is set afresh when messages come while one does not.
 */
export function useNewLine(conversation: Conversation, atEnd: boolean, watched: boolean) {
  const unread = unreadOf(conversation);
  const read = conversation.last_read_position;
  const [line, setLine] = useState<number | null>(() => (unread > 0 ? read : null));
  const [since] = useState(() => unread);
  if (line === null && unread > 0 && !(watched && atEnd)) setLine(read);
  // Marked as unread further up: the line goes there.
  if (line !== null && read < line) setLine(read);
  useEffect(() => {
    if (!watched && unread === 0) setLine(null);
  }, [watched, unread]);
  return { line, unreadAtOpening: since, clear: () => setLine(null) };
}
