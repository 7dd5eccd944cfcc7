import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiError } from "../api/client";
import { offerPasskeys } from "./autofill";

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  show(true);
  vi.useRealTimers();
});

function show(visible: boolean) {
  Object.defineProperty(document, "visibilityState", { value: visible ? "visible" : "hidden", configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}

/** Offers whose rounds are answered by the test. */
function offering() {
  const rounds: { signal: AbortSignal; take(): void; refuse(cause: unknown): void }[] = [];
  const told: string[] = [];
  const taken = vi.fn(async () => {});
  const offer = offerPasskeys({
    signIn: (signal) =>
      new Promise((resolve, reject) => {
        rounds.push({ signal, take: resolve, refuse: reject });
        signal.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
      }),
    taken,
    refused: (text) => told.push(text),
  });
  return { rounds, told, taken, offer };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

it("asks with a new challenge before the old one ends", async () => {
  const { rounds, offer } = offering();
  await settle();
  expect(rounds.length).toBe(1);
  await vi.advanceTimersByTimeAsync(4 * 60_000);
  expect(rounds[0]?.signal.aborted).toBe(true);
  expect(rounds.length).toBe(2);
  await offer.end();
  expect(rounds[1]?.signal.aborted).toBe(true);
  await vi.advanceTimersByTimeAsync(60 * 60_000);
  expect(rounds.length).toBe(2);
});

it("asks in the page that is looked at: another's challenge would be of no use", async () => {
  show(false);
  const { rounds, offer } = offering();
  await vi.advanceTimersByTimeAsync(60 * 60_000);
  expect(rounds.length).toBe(0);
  show(true);
  await settle();
  expect(rounds.length).toBe(1);
  show(false);
  await settle();
  expect(rounds[0]?.signal.aborted).toBe(true);
  expect(rounds.length).toBe(1);
  show(true);
  await settle();
  expect(rounds.length).toBe(2);
  await offer.end();
});

it("signs in once", async () => {
  const { rounds, taken, offer } = offering();
  await settle();
  rounds[0]?.take();
  await settle();
  expect(taken).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(60 * 60_000);
  expect(rounds.length).toBe(1);
  await offer.end();
});

it("says what the server has against a passkey, and offers others", async () => {
  const { rounds, told, offer } = offering();
  await vi.advanceTimersByTimeAsync(5000);
  rounds[0]?.refuse(new ApiError({ code: "bad_credentials", status: 401, detail: "The passkey was not accepted" }));
  await settle();
  expect(told).toEqual(["The passkey was not accepted."]);
  expect(rounds.length).toBe(2);
  await offer.end();
});

it("takes a cancelled choice for no fault, and a browser that refuses at once for an answer", async () => {
  const { rounds, told, offer } = offering();
  const cancelled = new ApiError({ code: "cancelled" });
  await vi.advanceTimersByTimeAsync(5000);
  rounds[0]?.refuse(cancelled);
  await settle();
  expect(rounds.length).toBe(2);
  rounds[1]?.refuse(cancelled);
  await vi.advanceTimersByTimeAsync(60 * 60_000);
  expect(rounds.length).toBe(2);
  expect(told).toEqual([]);
  await offer.end();
});

it("keeps quiet where no challenge is to be had, and asks again when that may have passed", async () => {
  const { rounds, told, offer } = offering();
  await settle();
  rounds[0]?.refuse(new ApiError({ code: "rate_limited", status: 429 }, 20));
  await vi.advanceTimersByTimeAsync(29_000);
  expect(rounds.length).toBe(1);
  await vi.advanceTimersByTimeAsync(2000);
  expect(rounds.length).toBe(2);
  rounds[1]?.refuse(new ApiError({ code: "unavailable", status: 503 }));
  await vi.advanceTimersByTimeAsync(60 * 60_000);
  expect(told).toEqual([]);
  expect(rounds.length).toBeGreaterThan(2);
  await offer.end();
});
