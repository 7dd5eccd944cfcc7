import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openStorage } from "../api/storage";
import { doneWriting, draftOf, forgetDrafts, restoreDrafts, setDraft, useDrafts } from "./drafts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  forgetDrafts();
  vi.useRealTimers();
});

/** What a browser keeps for one user, read after a time. */
function shelf(after = 0, kept: Record<string, string> = {}) {
  const entries = new Map(Object.entries(kept));
  return {
    entries,
    drafts: () => new Promise<[string, string][]>((resolve) => setTimeout(() => resolve([...entries]), after)),
    saveDraft: async (conversation: string, text: string) =>
      void (text ? entries.set(conversation, text) : entries.delete(conversation)),
    listen: () => () => {},
  };
}

async function restore(from: ReturnType<typeof shelf>): Promise<void> {
  const restored = restoreDrafts(from);
  await vi.advanceTimersByTimeAsync(1000);
  await restored;
}

it("keeps the last words of whoever signs out, and for them alone", async () => {
  const one = shelf();
  const other = shelf(0, { cnv_a: "another's draft" });
  await restore(one);
  setDraft("cnv_a", "half a sentence");
  forgetDrafts();
  await restore(other);
  await vi.advanceTimersByTimeAsync(1000);
  expect(one.entries.get("cnv_a")).toBe("half a sentence");
  expect(other.entries.get("cnv_a")).toBe("another's draft");
  expect(draftOf("cnv_a")).toBe("another's draft");
});

it("takes in the drafts of a slow browser when they come, but not over what is written", async () => {
  await restore(shelf(5000, { cnv_a: "of before", cnv_b: "of before, too" }));
  expect(draftOf("cnv_a")).toBe("");
  setDraft("cnv_a", "written now");
  await vi.advanceTimersByTimeAsync(5000);
  expect([draftOf("cnv_a"), draftOf("cnv_b")]).toEqual(["written now", "of before, too"]);
  expect(useDrafts.getState().has).toEqual({ cnv_a: true, cnv_b: true });
});

it("does not give late drafts to whoever has signed in meanwhile", async () => {
  await restore(shelf(5000, { cnv_a: "another's draft" }));
  forgetDrafts();
  await restore(shelf());
  await vi.advanceTimersByTimeAsync(5000);
  expect(draftOf("cnv_a")).toBe("");
});

it("knows what another tab of the same user keeps, but for where one writes oneself", async () => {
  vi.useRealTimers();
  await restoreDrafts(openStorage("usr_tabs"));
  const tab = openStorage("usr_tabs");
  const close = tab.listen(() => {});
  const stranger = openStorage("usr_other");
  const closeOther = stranger.listen(() => {});
  setDraft("cnv_a", "written here");
  void tab.saveDraft("cnv_a", "written there");
  void stranger.saveDraft("cnv_b", "by somebody else");
  void tab.saveDraft("cnv_b", "there, too");
  await vi.waitFor(() => expect(draftOf("cnv_b")).toBe("there, too"), 10_000);
  expect(draftOf("cnv_a")).toBe("written here");
  doneWriting();
  void tab.saveDraft("cnv_a", "");
  await vi.waitFor(() => expect(draftOf("cnv_a")).toBe(""), 10_000);
  expect(useDrafts.getState().has).toEqual({ cnv_a: false, cnv_b: true });
  close();
  closeOther();
});

it("tells other tabs at once what was written in the one that is left", async () => {
  vi.useRealTimers();
  await restoreDrafts(openStorage("usr_left"));
  const heard: [string, string][] = [];
  const close = openStorage("usr_left").listen((conversation, text) => heard.push([conversation, text]));
  setDraft("cnv_a", "half");
  setDraft("cnv_a", "half a sentence");
  doneWriting();
  await vi.waitFor(() => expect(heard).toEqual([["cnv_a", "half a sentence"]]), 10_000);
  close();
});
