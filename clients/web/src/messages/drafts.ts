import { create } from "zustand";
import type { DraftStorage } from "../api/storage";

const SAVE_AFTER = 300;
/** The app does not wait longer than this for the browser's storage. */
const RESTORE_WITHIN = 1000;

const texts = new Map<string, string>();
let storage: DraftStorage | null = null;
const timers = new Map<string, ReturnType<typeof setTimeout>>();

/** Which conversations have a draft: for the sidebar's pencil. The texts themselves change too often to be state. */
export const useDrafts = create<{ has: Record<string, boolean> }>()(() => ({ has: {} }));

function mark(conversation: string, has: boolean): void {
  if ((useDrafts.getState().has[conversation] ?? false) === has) return;
  useDrafts.setState((s) => ({ has: { ...s.has, [conversation]: has } }));
}

export const draftOf = (conversation: string): string => texts.get(conversation) ?? "";

/** Keeps a draft: in memory at once, over reloads after a moment. */
export function setDraft(conversation: string, text: string): void {
  texts.set(conversation, text);
  mark(conversation, text.trim() !== "");
  clearTimeout(timers.get(conversation));
  if (text)
    timers.set(
      conversation,
      setTimeout(() => save(conversation), SAVE_AFTER),
    );
  else save(conversation);
}

function save(conversation: string): void {
  clearTimeout(timers.get(conversation));
  timers.delete(conversation);
  void storage?.saveDraft(conversation, texts.get(conversation) ?? "");
}

/** Brings back the drafts of an earlier page, before a composer shows unless the browser is slow. */
export async function restoreDrafts(from: DraftStorage): Promise<void> {
  storage = from;
  const late = new Promise<void>((resolve) => setTimeout(resolve, RESTORE_WITHIN));
  const restored = from.drafts().then((drafts) => {
    if (storage !== from) return; // signed out meanwhile
    for (const [conversation, text] of drafts) {
      if (texts.has(conversation)) continue;
      texts.set(conversation, text);
      mark(conversation, text.trim() !== "");
    }
  });
  await Promise.race([restored, late]);
}

/** Lets go of the drafts of whoever signed out; the browser keeps them for the next time. */
export function forgetDrafts(): void {
  for (const conversation of timers.keys()) save(conversation);
  storage = null;
  texts.clear();
  useDrafts.setState({ has: {} });
}
