import { create } from "zustand";
import { drafts } from "../api/connection";

const SAVE_AFTER = 300;

const texts = new Map<string, string>();
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
  void drafts()?.saveDraft(conversation, texts.get(conversation) ?? "");
}

/** Brings back the drafts of an earlier page. */
export async function restoreDrafts(): Promise<void> {
  for (const [conversation, text] of (await drafts()?.drafts()) ?? []) {
    if (texts.has(conversation)) continue;
    texts.set(conversation, text);
    mark(conversation, text.trim() !== "");
  }
}

/** Lets go of the drafts of whoever signed out; the browser keeps them for the next time. */
export function forgetDrafts(): void {
  texts.clear();
  useDrafts.setState({ has: {} });
}
