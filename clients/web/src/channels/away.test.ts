import { describe, expect, it } from "vitest";
import { away } from "./away";

/** Rows of 30 pixels; the unread ones among them, those that call the reader marked with a bang. */
const rows = (...marks: string[]) =>
  marks.map((m) => ({ top: Number.parseInt(m, 10) * 30, height: 30, called: m.endsWith("!") }));
const view = (from: number, to: number) => ({ top: from * 30, bottom: to * 30 });

describe("unread conversations that are out of view", () => {
  it("are none when all are in view", () => {
    expect(away(rows("3", "9"), view(0, 10))).toEqual({ above: null, below: null });
    expect(away([], view(5, 10))).toEqual({ above: null, below: null });
  });

  it("lie above or below, and the nearest is where one is led", () => {
    expect(away(rows("1", "2", "7", "20", "30"), view(5, 10))).toEqual({
      above: { top: 60, count: 2, called: false },
      below: { top: 600, count: 2, called: false },
    });
  });

  it("call the reader when one of them does", () => {
    expect(away(rows("1!", "2", "20", "30"), view(5, 10))).toMatchObject({
      above: { called: true },
      below: { called: false },
    });
  });

  it("count as in view when half of one is seen", () => {
    expect(away(rows("0"), { top: 15, bottom: 300 }).above).toBeNull();
    expect(away(rows("0"), { top: 16, bottom: 300 }).above?.count).toBe(1);
    expect(away(rows("9"), { top: 0, bottom: 285 }).below).toBeNull();
    expect(away(rows("9"), { top: 0, bottom: 284 }).below?.count).toBe(1);
  });
});
