import { expect, it } from "vitest";
import * as sample from "../../test/sample";
import type { Message } from "../api/types";
import type { Outgoing } from "../store/state";
import { lastOwn } from "./lastOwn";

const { timeline } = sample;
const at = "2026-03-01T10:00:00.000Z";
const message = (position: number, by: string, more: Partial<Message> = {}) =>
  sample.message(position, { author: { id: by, username: by, display_name: by }, ...more });
const entry = (id: string, state: Outgoing["state"]): Outgoing => ({
  client_msg_id: id,
  conversation_id: "cnv_a",
  text: "newest",
  created_at: at,
  state,
});

const own = message(4, "me", { client_msg_id: "c4" });
const here = timeline([
  message(2, "me"),
  message(3, "other"),
  own,
  message(5, "other"),
  message(6, "me", { deleted_at: at }),
  message(7, "me", { kind: "system" }),
]);

it("is the newest that one wrote and that stands", () => {
  expect(lastOwn(here, [], "me")).toBe(own);
  expect(lastOwn(timeline([message(1, "other")]), [], "me")).toBeUndefined();
  expect(lastOwn(undefined, [], "me")).toBeUndefined();
});

it("is no older one while the newest is on its way over a slow network", () => {
  for (const state of ["queued", "sending", "sent"] as const)
    expect(lastOwn(here, [entry("c8", state)], "me")).toBeUndefined();
});

it("is what has come already, though its acknowledgement has not", () => {
  expect(lastOwn(here, [entry("c4", "sending")], "me")).toBe(own);
});

it("is not hidden by one that was refused", () => {
  expect(lastOwn(here, [entry("c8", "failed")], "me")).toBe(own);
});

it("is not looked for among what is far from the end, or may be old", () => {
  expect(lastOwn({ ...here, has_after: true }, [], "me")).toBeUndefined();
  expect(lastOwn({ ...here, stale: true }, [], "me")).toBeUndefined();
});
