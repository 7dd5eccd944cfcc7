import { expect, it } from "vitest";
import { fieldKey } from "../admin/fieldKey";
import { clockIn } from "./clock";
import { endOf } from "./until";

it("knows when a status clears itself", () => {
  const now = new Date(2026, 10, 25, 15, 30); // a Wednesday
  expect(endOf("", now)).toBeNull();
  expect(endOf("60", now)).toBe(new Date(2026, 10, 25, 16, 30).toISOString());
  expect(endOf("day", now)).toBe(new Date(2026, 10, 26).toISOString());
  expect(endOf("week", now)).toBe(new Date(2026, 10, 30).toISOString());
  expect(endOf("week", new Date(2026, 10, 29, 12))).toBe(new Date(2026, 10, 30).toISOString());
});

it("tells the time elsewhere", () => {
  const now = new Date("2026-11-25T12:00:00Z");
  expect(clockIn("Asia/Kathmandu", now)).toMatch(/5:45.*PM/);
  expect(clockIn("Nowhere/Else", now)).toBe("Nowhere/Else");
});

it("makes keys of labels", () => {
  const taken = new Set(["team"]);
  expect([
    fieldKey("Team", taken),
    fieldKey("Büro Nr. 5", taken),
    fieldKey("役職", taken),
    fieldKey("1st", taken),
  ]).toEqual(["team_2", "buro_nr_5", "field", "st"]);
});
