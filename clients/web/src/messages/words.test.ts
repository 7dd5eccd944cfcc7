import { describe, expect, it } from "vitest";
import type { Message } from "../api/types";
import { channelName } from "../channels/name";
import { usernameOf } from "../session/account";
import { nextPath } from "../session/next";
import { colourOf, initialsOf } from "../ui/colour";
import { dayText } from "../ui/time";
import { spoken } from "./Announcer";
import { mentionAt } from "./mentions";
import { typingText } from "./TypingLine";

describe("the mention being written", () => {
  it.each([
    ["at the start", "@ow", 3, { start: 0, query: "ow" }],
    ["after a space", "hi @Ow", 6, { start: 3, query: "ow" }],
    ["just begun", "hi @", 4, { start: 3, query: "" }],
    ["at the caret, not at the end", "hi @ow there", 6, { start: 3, query: "ow" }],
    ["with a dot", "@some.one", 9, { start: 0, query: "some.one" }],
    ["not in an address", "mail@own", 8, null],
    ["not after it has ended", "@owner ", 7, null],
  ])("%s", (_name, text, caret, want) => {
    expect(mentionAt(text, caret)).toEqual(want);
  });
});

it("says who is typing", () => {
  expect(typingText([])).toBe("");
  expect(typingText(["A"])).toBe("A is typing…");
  expect(typingText(["A", "B"])).toBe("A and B are typing…");
  expect(typingText(["A", "B", "C"])).toBe("Several people are typing…");
});

it("speaks few messages singly and many together", () => {
  const message = (who: string, text: string) =>
    ({ author: { id: who, username: who, display_name: who }, text }) as Message;
  expect(spoken([message("A", "**hi**"), message("B", "ho")])).toBe("A: hi. B: ho");
  expect(spoken([1, 2, 3, 4].map((n) => message(n % 2 ? "A" : "B", "x")))).toBe("4 new messages from 2 people");
});

it("goes on only to paths of this app", () => {
  expect(nextPath("?next=%2Fc%2Fgeneral")).toBe("/c/general");
  for (const bad of ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", ""]) {
    expect(nextPath(`?next=${encodeURIComponent(bad)}`)).toBe("/");
  }
});

it("makes user names and channel names of what people type", () => {
  expect(usernameOf("Noël  Example-Name ")).toBe("noel.example.name");
  expect(usernameOf("名前 太郎")).toBe("名前.太郎");
  expect(channelName("#My Channel!")).toBe("my-channel");
  expect(channelName("Über_uns-2")).toBe("über_uns-2");
});

it("gives everybody initials and a colour of their own", () => {
  expect([initialsOf("The Owner"), initialsOf("one"), initialsOf(""), initialsOf("👩‍💻 x")]).toEqual([
    "TO",
    "O",
    "?",
    "👩X",
  ]);
  expect(colourOf("usr_1")).toBe(colourOf("usr_1"));
  expect(new Set(Array.from({ length: 200 }, (_, i) => colourOf(`usr_${i}`))).size).toBe(12);
});

it("names days", () => {
  const now = new Date(2026, 2, 15, 12);
  const on = (...date: [number, number, number]) => new Date(...date, 9).toISOString();
  expect(dayText(on(2026, 2, 15), now)).toBe("Today");
  expect(dayText(on(2026, 2, 14), now)).toBe("Yesterday");
  expect(dayText(on(2026, 2, 10), now)).toBe("Tuesday, March 10");
  expect(dayText(on(2025, 11, 31), now)).toBe("December 31, 2025");
});
