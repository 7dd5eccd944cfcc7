import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { draftOf, forgetDrafts, restoreDrafts, setDraft, useDrafts } from "./drafts";

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
