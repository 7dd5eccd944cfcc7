import { readFileSync } from "node:fs";
import { render } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { emptyState } from "../store/state";
import { set } from "../store/store";
import { Markdown } from "./Markdown";
import { plainText } from "./markdown";
import { EVERYBODY } from "./naming";

interface Case {
  case: string;
  text: string;
  people: string[];
  names: string[];
  all: boolean;
}

const cases: Case[] = JSON.parse(readFileSync("../../messaging/testdata/mentions.json", "utf8"));

const somebody = (id: string, username: string) => ({
  id,
  username,
  display_name: username,
  role: "member" as const,
  state: "active" as const,
  bot: false,
  created_at: "",
});

const html = (text: string) => render(<Markdown text={text} />).container.firstElementChild?.innerHTML ?? "";

describe("markdown of messages", () => {
  it.each([
    ["plain text", "hello", "<p>hello</p>"],
    ["a line break is kept", "a\nb", "<p>a<br>b</p>"],
    ["paragraphs", "a\n\nb", "<p>a</p><p>b</p>"],
    ["bold, italic and struck", "**a** _b_ ~~c~~", "<p><strong>a</strong> <em>b</em> <del>c</del></p>"],
    ["code", "`x < y`", "<p><code>x &lt; y</code></p>"],
    ["a fence keeps its text", "```go\na := <b>\n```", "<pre><code>a := &lt;b&gt;</code></pre>"],
    ["a quote", "> a", "<blockquote><p>a</p></blockquote>"],
    ["a list", "- a\n- b", "<ul><li>a</li><li>b</li></ul>"],
    ["a numbered list starts where it says", "3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'],
    ["a heading is a bold line", "# a", "<p><strong>a</strong></p>"],
    ["markup is text", "<img src=x onerror=alert(1)>", "<p>&lt;img src=x onerror=alert(1)&gt;</p>"],
    ["a block of markup is text", "<div>\na\n</div>", "<p>&lt;div&gt;<br>a<br>&lt;/div&gt;</p>"],
    ["a table is text", "|a|b|\n|-|-|\n|1|2|", "<p>|a|b|<br>|-|-|<br>|1|2|</p>"],
    ["four spaces are no code", "    a", "<p>    a</p>"],
    [
      "a definition is not swallowed",
      "[a]: http://b.example",
      '<p>[a]: <a href="http://b.example" target="_blank" rel="noopener noreferrer nofollow">http://b.example</a></p>',
    ],
    ["a dash line is no heading", "a\n---", "<p>a</p><hr>"],
  ])("%s", (_name, text, want) => {
    expect(html(text)).toBe(want);
  });

  it("links open elsewhere and tell nothing about this page", () => {
    expect(html("[a](https://b.example/x)")).toBe(
      '<p><a href="https://b.example/x" target="_blank" rel="noopener noreferrer nofollow">a</a></p>',
    );
    expect(html("see https://b.example/x.")).toContain('href="https://b.example/x"');
  });

  it.each(["javascript:alert(1)", "data:text/html,x", "JaVaScRiPt:alert(1)", "vbscript:x", " javascript:alert(1)"])(
    "does not link to %s",
    (href) => {
      expect(html(`[a](<${href}>)`)).not.toContain("<a");
    },
  );

  it("shows a picture as a link to it", () => {
    expect(html("![a](https://b.example/x.png)")).toContain('<a href="https://b.example/x.png"');
  });

  it("marks mentions of people who exist, and those of the reader apart", () => {
    const user = { role: "member" as const, state: "active" as const, bot: false, created_at: "" };
    const member = { ...user, id: "usr_1", username: "member", display_name: "Member" };
    const reader = { ...user, id: "usr_2", username: "reader", display_name: "Reader" };
    set({ ...emptyState, me: reader, users: { usr_1: member, usr_2: reader } });
    expect(html("hi @member, @reader. @nobody mail@member")).toBe(
      '<p>hi <span class="mention">@member</span>, <span class="mention mentionMe">@reader</span>. @nobody mail@member</p>',
    );
    expect(html("`@member`")).toBe("<p><code>@member</code></p>");
    expect(html("@channel")).toBe('<p><span class="mention mentionMe">@channel</span></p>');
  });

  it.each(cases)("names people as the server does: $case", ({ text, people, names, all }) => {
    const users = Object.fromEntries(people.map((name) => [name, somebody(name, name)]));
    set({ ...emptyState, users });
    const { container } = render(<Markdown text={text} />);
    const named = [...container.querySelectorAll(".mention")].map((e) => e.textContent?.slice(1).toLowerCase());
    expect([...new Set(named.filter((n) => !EVERYBODY.has(n as string)))]).toEqual(names);
    expect(named.some((n) => EVERYBODY.has(n as string))).toBe(all);
  });

  it("keeps meaning whom a message named, whatever they are called since", () => {
    const renamed = { ...somebody("usr_1", "after"), former_names: ["before"] };
    set({
      ...emptyState,
      users: { usr_1: renamed, usr_2: somebody("usr_2", "before"), usr_3: somebody("usr_3", "zoë") },
    });
    const mentions = (text: string, ids?: string[]) =>
      [...render(<Markdown text={text} mentions={ids} />).container.querySelectorAll(".mention")].map(
        (e) => e.textContent,
      );
    expect(mentions("@before and @after", ["usr_1"])).toEqual(["@before", "@after"]);
    expect(mentions("@before and @after", ["usr_2"])).toEqual(["@before"]);
    expect(mentions("@before", [])).toEqual([]);
    expect(mentions("@ZOE\u0308 @ｚoë", ["usr_3"])).toEqual(["@ZOE\u0308", "@ｚoë"]);
  });

  it("reads as plain text for those who listen", () => {
    expect(plainText("**a** [b](https://c.example)\n\n- d\n- e `f`")).toBe("a b d e f");
  });

  it("takes a hostile text in good time", () => {
    const before = process.cpuUsage();
    for (const text of ["*".repeat(4000), "[".repeat(4000), "> ".repeat(2000), "a_".repeat(2000), "![](".repeat(1000)])
      html(text);
    // The processor's time, not the clock's: the machine may have much else to do.
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(2000);
  });
});
