import { expect, it } from "vitest";
import { forgetThrough, overlay, remember } from "./recent";
import type { Message } from "./types";

const message = (conversation: string, position: number, version = 1): Message => ({
  id: `${conversation}-${position}`,
  conversation_id: conversation,
  position,
  kind: "user",
  author: { id: "usr_a", username: "a", display_name: "A" },
  text: `version ${version}`,
  mentions: [],
  mention_all: false,
  version,
  created_at: "2026-01-01T00:00:00.000Z",
  edited_at: null,
  deleted_at: null,
});
const page = (...data: Message[]) => ({ data, has_before: true, has_after: false });
const positions = (p: { data: Message[] }) => p.data.map((m) => m.position);

it("brings a page up to the events that overtook it", () => {
  remember(message("a", 2, 2));
  remember(message("a", 3));
  const fresh = overlay("a", page(message("a", 1), message("a", 2)));
  expect(positions(fresh)).toEqual([1, 2, 3]);
  expect(fresh.data[1]?.version).toBe(2);
  expect(positions(overlay("a", { ...page(message("a", 1)), has_after: true }))).toEqual([1]);
});

it("does not bring back what retention erased, from a page of before or from memory", () => {
  for (const position of [1, 2, 3, 4]) remember(message("b", position));
  forgetThrough("b", 3);
  const late = overlay("b", page(message("b", 2), message("b", 3), message("b", 4)));
  expect(positions(late)).toEqual([4]);
  expect(late.has_before).toBe(false);
  forgetThrough("b", 4);
  expect(overlay("b", page())).toEqual({ ...page(), data: [] });
});
