import { create } from "zustand";
import type { DraftStorage } from "../api/storage";

const SAVE_AFTER = 300;
/** The app does not wait longer than this for the browser's storage. */
const RESTORE_WITHIN = 1000;

const texts = new Map<string, string>();
let storage: DraftStorage | null = null;
let stopListening = () => {};
/** Where somebody is writing in this tab: what another tab says about that is older. */
let writing: string | null = null;
const timers = new Map<string, ReturnType<typeof setTimeout>>();

/**
 * Which conversations have a draft, for the sidebar's pencil, and how often drafts came from elsewhere than this tab's
 * keyboard. The texts themselves change too often to be state.
 */
export const useDrafts = create<{ has: Record<string, boolean>; told: number }>()(() => ({ has: {}, told: 0 }));

function mark(conversation: string, has: boolean): void {
  if ((useDrafts.getState().has[conversation] ?? false) === has) return;
  useDrafts.setState((s) => ({ has: { ...s.has, [conversation]: has } }));
}

export const draftOf = (conversation: string): string => texts.get(conversation) ?? "";

function keep(conversation: string, text: string): void {
  texts.set(conversation, text);
  mark(conversation, text.trim() !== "");
}

/** Takes over what was written elsewhere. */
function take(conversation: string, text: string): void {
  if (conversation === writing) return;
  keep(conversation, text);
  useDrafts.setState((s) => ({ told: s.told + 1 }));
}

/** Keeps what somebody writes: in memory at once, in other tabs and over reloads after a moment. */
export function setDraft(conversation: string, text: string): void {
  writing = conversation;
  keep(conversation, text);
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

/** Says that nobody writes here just now: other tabs have at once what was written. */
export function doneWriting(): void {
  writing = null;
  for (const conversation of timers.keys()) save(conversation);
}

/** Brings back the drafts of an earlier page, before a composer shows unless the browser is slow. */
export async function restoreDrafts(from: DraftStorage): Promise<void> {
  stopListening();
  stopListening = from.listen(take);
  storage = from;
  const late = new Promise<void>((resolve) => setTimeout(resolve, RESTORE_WITHIN));
  const restored = from.drafts().then((drafts) => {
    if (storage !== from) return; // signed out meanwhile
    for (const [conversation, text] of drafts) if (!texts.has(conversation)) take(conversation, text);
  });
  await Promise.race([restored, late]);
}

/** Lets go of the drafts of whoever signed out; the browser keeps them for the next time. */
export function forgetDrafts(): void {
  doneWriting();
  stopListening();
  storage = null;
  texts.clear();
  useDrafts.setState({ has: {} });
}
