import { act, render } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { emptyState } from "../store/state";
import { set } from "../store/store";
import { StatusMark } from "./StatusMark";

afterEach(() => vi.useRealTimers());

const user = (status?: { emoji: string; text: string; expires_at: string | null }) => ({
  id: "usr_1",
  username: "member",
  display_name: "Member",
  role: "member" as const,
  state: "active" as const,
  bot: false,
  created_at: "",
  status,
});

it("shows a status until the moment at which it expires", () => {
  vi.useFakeTimers({ now: new Date("2026-11-25T12:00:00Z") });
  set({ ...emptyState, users: { usr_1: user({ emoji: "🌴", text: "Away", expires_at: "2026-11-25T13:00:00.000Z" }) } });
  const { container } = render(<StatusMark user="usr_1" />);
  expect(container.textContent).toBe("🌴, status: Away");
  act(() => void vi.advanceTimersByTime(3_599_000));
  expect(container.textContent).not.toBe("");
  act(() => void vi.advanceTimersByTime(1_100));
  expect(container.textContent).toBe("");
  act(() => set({ users: { usr_1: user({ emoji: "", text: "Back", expires_at: null }) } }));
  expect(container.textContent).toBe("💬, status: Back");
  act(() => set({ users: { usr_1: user() } }));
  expect(container.textContent).toBe("");
});

it("waits for an end that is farther off than a timer can be", () => {
  vi.useFakeTimers({ now: new Date("2026-11-25T12:00:00Z") });
  set({ ...emptyState, users: { usr_1: user({ emoji: "🌴", text: "", expires_at: "2027-02-01T12:00:00.000Z" }) } });
  const { container } = render(<StatusMark user="usr_1" />);
  act(() => void vi.advanceTimersByTime(60 * 86_400_000));
  expect(container.textContent).toBe("🌴");
  act(() => void vi.advanceTimersByTime(9 * 86_400_000));
  expect(container.textContent).toBe("");
});
