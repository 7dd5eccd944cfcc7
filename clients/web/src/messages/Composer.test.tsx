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
  listen: (take: (conversation: string, text: string) => void) => {
    otherTab = take;
    return () => {};
  },
};
/** Another tab keeps a draft. */
let otherTab: (conversation: string, text: string) => void;

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

it("shows what another tab writes, and is empty when it was sent there, but leaves alone what one writes here", async () => {
  const area = await open();
  act(() => otherTab("cnv_a", "from there"));
  expect(area.value).toBe("from there");
  expect(screen.getByRole("button", { name: "Send" })).toHaveAttribute("data-ready", "true");
  act(() => otherTab("cnv_b", "elsewhere"));
  act(() => otherTab("cnv_a", ""));
  expect(area.value).toBe("");
  expect(screen.getByRole("button", { name: "Send" })).toHaveAttribute("data-ready", "false");
  act(() => area.focus());
  area.value = "written now";
  act(() => void area.dispatchEvent(new Event("input", { bubbles: true })));
  act(() => otherTab("cnv_a", "from there"));
  expect(area.value).toBe("written now");
  act(() => area.blur());
  act(() => otherTab("cnv_a", "from there, later"));
  expect(area.value).toBe("from there, later");
});
