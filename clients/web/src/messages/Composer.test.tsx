import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Composer } from "./Composer";
import { forgetDrafts, restoreDrafts } from "./drafts";

beforeEach(() => {
  // jsdom has no media queries.
  vi.stubGlobal("matchMedia", () => ({ matches: true }));
  vi.useFakeTimers();
});
afterEach(() => {
  cleanup();
  forgetDrafts();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A browser that gives its drafts out after five seconds. */
const slow = {
  drafts: () =>
    new Promise<[string, string][]>((resolve) => setTimeout(() => resolve([["cnv_a", "half a thought"]]), 5000)),
  saveDraft: async () => {},
};

async function open(): Promise<HTMLTextAreaElement> {
  const restored = restoreDrafts(slow);
  await vi.advanceTimersByTimeAsync(1000);
  await restored;
  render(<Composer conversation="cnv_a" title="#general" onEditLast={() => false} />);
  return screen.getByLabelText<HTMLTextAreaElement>("Message #general");
}

it("shows a draft that comes late", async () => {
  const area = await open();
  expect(area.value).toBe("");
  await act(() => vi.advanceTimersByTimeAsync(5000));
  expect(area.value).toBe("half a thought");
});

it("does not put a late draft over what is written already", async () => {
  const area = await open();
  area.value = "written now";
  area.dispatchEvent(new Event("input", { bubbles: true }));
  await act(() => vi.advanceTimersByTimeAsync(5000));
  expect(area.value).toBe("written now");
});
