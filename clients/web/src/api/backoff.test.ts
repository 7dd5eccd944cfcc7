import { expect, it } from "vitest";
import { backoff } from "./backoff";

it("starts between half a second and a second, and stays under thirty", () => {
  expect(backoff(0, 0, () => 0)).toBe(500);
  expect(backoff(0, 0, () => 1)).toBe(1000);
  expect(backoff(3, 0, () => 1)).toBe(8000);
  expect(backoff(50, 0, () => 1)).toBe(30_000);
});

it("waits at least what the server asks for, with jitter on top", () => {
  expect(backoff(0, 4000, () => 0)).toBe(4500);
  expect(backoff(0, 4000, () => 1)).toBe(5000);
});
