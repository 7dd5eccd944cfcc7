// What stores and lists are tried with.
import type { Message } from "../src/api/types";
import type { Timeline } from "../src/store/state";

/** A message in the conversation cnv_a. */
export const message = (position: number, more: Partial<Message> = {}): Message => ({
  id: `msg_${position}`,
  conversation_id: "cnv_a",
  position,
  kind: "user",
  author: { id: "usr_a", username: "a", display_name: "A" },
  text: `text ${position}`,
  mentions: [],
  mention_all: false,
  version: 1,
  created_at: "2026-03-01T10:00:00.000Z",
  edited_at: null,
  deleted_at: null,
  ...more,
});

/** The newest stretch of a conversation, of which there is more before. */
export const timeline = (messages: Message[], more: Partial<Timeline> = {}): Timeline => ({
  messages,
  has_before: true,
  has_after: false,
  stale: false,
  ...more,
});
