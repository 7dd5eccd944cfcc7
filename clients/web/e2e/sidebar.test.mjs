// A sidebar of more conversations than fit: only what is in view is made, and what is unread is found.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  assertNoFaults,
  composer,
  entry,
  inviteLink,
  join,
  openBrowser,
  openPage,
  PASSWORD,
  setUp,
  sidebar,
  until,
} from "./lib/people.mjs";
import { call, startServer, tokenOf } from "./lib/server.mjs";

const CHANNELS = 230;
const name = (n) => `team-${String(n).padStart(3, "0")}`;

describe("a long sidebar", () => {
  let server;
  let browser;
  let owner;
  let member;
  let token;
  const ids = new Map();

  before(async () => {
    server = await startServer();
    browser = await openBrowser();
    owner = await openPage(await browser.newContext());
    await setUp(owner, server);
    member = await openPage(await browser.newContext());
    await join(member, await inviteLink(owner), { name: "The Member", username: "member" });
    const me = await tokenOf(server, "member", PASSWORD);
    const { id: user } = await call(server, me, "GET", "/me");
    token = await tokenOf(server, "owner", PASSWORD);
    for (let n = 0; n < CHANNELS; n += 10)
      await Promise.all(
        Array.from({ length: 10 }, async (_, i) => {
          const made = await call(server, token, "POST", "/channels", {
            name: name(n + i),
            kind: "public",
            members: [user],
          });
          ids.set(n + i, made.id);
        }),
      );
    // All is read but what the tests post.
    const { conversations } = await call(server, me, "GET", "/sync");
    for (const c of conversations)
      await call(server, me, "PUT", `/conversations/${c.conversation_id}/read`, { position: c.last_position });
    await member.reload();
    await composer(member).waitFor();
  });

  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  const links = () => sidebar(member).getByRole("link").count();
  const more = (side) => sidebar(member).getByRole("button", { name: `More unreads ${side}` });
  const post = (n, text) => call(server, token, "POST", `/conversations/${ids.get(n)}/messages`, { text });

  test("makes the entries in view alone, however far one scrolls", async () => {
    await entry(member, name(3)).waitFor();
    const made = await links();
    assert.ok(made < 60, `${made} entries are made`);
    await entry(member, name(CHANNELS - 1)).scrollIntoViewIfNeeded();
    await entry(member, name(CHANNELS - 8)).waitFor();
    assert.ok((await links()) < 60);
    assert.equal(await entry(member, name(100)).count(), 0);
  });

  test("leads to unread conversations above and below", async () => {
    await entry(member, "general").scrollIntoViewIfNeeded();
    assert.equal(await more("below").count(), 0);
    await post(120, "far below");
    await post(200, "further still");
    await more("below: 2").waitFor();
    await more("below").click();
    await entry(member, name(120)).waitFor();
    await until(
      () =>
        entry(member, name(120)).evaluate((e) => {
          const box = e.getBoundingClientRect();
          return box.top > 0 && box.bottom < innerHeight;
        }),
      "the nearest is in sight",
    );
    await more("below: 1").click();
    await entry(member, name(200)).waitFor();
    await more("above: 1").waitFor();
    await entry(member, name(200)).click();
    await composer(member).waitFor();
    await post(220, "@member look");
    await more("below: 1").waitFor();
  });

  test("the keyboard goes through all of it, and the one in view stays in sight", async () => {
    await entry(member, name(200)).focus();
    for (let i = 0; i < 15; i++) await member.keyboard.press("ArrowDown");
    const at = () => member.evaluate(() => document.activeElement?.textContent);
    assert.equal(await at(), name(215));
    await member.keyboard.press("Home");
    assert.match(await at(), /^general/);
    await member.keyboard.press("End");
    assert.equal(await at(), name(CHANNELS - 1));
    await entry(member, name(CHANNELS - 1)).press("Enter");
    await member.waitForURL(`**/c/${name(CHANNELS - 1)}`);
    await composer(member).waitFor();
    await member.keyboard.press("Alt+ArrowDown");
    await until(
      () =>
        sidebar(member)
          .locator('[aria-current="page"]')
          .evaluate((e) => {
            const box = e.getBoundingClientRect();
            return box.top > 0 && box.bottom < innerHeight;
          }),
      "the current conversation is in sight",
    );
  });

  test("a folded section shows what is unread", async () => {
    const head = sidebar(member).getByRole("button", { name: "Channels", exact: true });
    await head.scrollIntoViewIfNeeded();
    await head.click();
    await entry(member, name(120)).waitFor();
    assert.equal(await entry(member, name(121)).count(), 0);
    await head.click();
  });

  test("no page had a fault", () => assertNoFaults(owner, member));
});
