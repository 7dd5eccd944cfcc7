import { create } from "zustand";

interface Toast {
  id: number;
  text: string;
}

export const useToasts = create<{ toasts: Toast[] }>()(() => ({ toasts: [] }));

const MAX = 3;
const SHOWN_FOR = 8000;
let next = 0;

/** Says briefly that something went wrong. Success is visible without a toast. */
export function toast(text: string): void {
  const id = ++next;
  useToasts.setState((s) => ({ toasts: [...s.toasts, { id, text }].slice(-MAX) }));
  setTimeout(() => dismiss(id), SHOWN_FOR);
}

export function dismiss(id: number): void {
  useToasts.setState((s) => ({ toasts: s.toasts.filter((t) => t.id !== id) }));
}
