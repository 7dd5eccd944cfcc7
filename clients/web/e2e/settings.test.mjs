// One's own settings: name, theme, sessions, API tokens.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  assertNoFaults,
  composer,
  entry,
  inviteLink,
  join,
  openBrowser,
  openPage,
  PASSWORD,
  row,
  send,
  setUp,
  until,
} from "./lib/people.mjs";
import { call, startServer } from "./lib/server.mjs";

/** A picture of one pixel. */
const DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

let server;
let browser;
let owner;
let member;

before(async () => {
  server = await startServer("sqlite");
  browser = await openBrowser();
  owner = await openPage(await browser.newContext());
  member = await openPage(await browser.newContext());
  await setUp(owner, server);
  await join(member, await inviteLink(owner), { name: "The Member", username: "member" });
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

test("a new name shows for others at once, in what was written before too", async () => {
  await send(member, "who am I?");
  await row(owner, "who am I?").getByText("The Member").waitFor();
  await member.goto(`${server.url}/settings/profile`);
  await member.getByLabel("Name", { exact: true }).fill("The Renamed");
  await member.getByRole("button", { name: "Save" }).click();
  await member.getByText("Saved").waitFor();
  await row(owner, "who am I?").getByText("The Renamed").waitFor();
  await member.getByLabel("User name").fill("owner");
  await member.getByRole("button", { name: "Save" }).click();
  await member.getByRole("alert").filter({ hasText: /taken/i }).waitFor();
});

test("a picture shows everywhere, and is gone when it is removed", async () => {
  await member.goto(`${server.url}/c/general`);
  await send(member, "do you see me?");
  await owner.goto(`${server.url}/c/general`);
  await row(owner, "do you see me?").waitFor();
  await member.goto(`${server.url}/settings/profile`);
  const input = member.getByLabel("Picture");
  await input.setInputFiles({ name: "x.png", mimeType: "image/png", buffer: Buffer.from("<svg/>") });
  await member.getByRole("button", { name: "Use this picture" }).click();
  await member
    .getByRole("alert")
    .filter({ hasText: /no picture that can be used/i })
    .waitFor();
  await input.setInputFiles({ name: "x.png", mimeType: "image/png", buffer: Buffer.from(DOT, "base64") });
  await member.getByAltText("You, as it will be cut").waitFor();
  await member.getByRole("button", { name: "Use this picture" }).click();
  await member.getByRole("button", { name: "Remove picture" }).waitFor();
  const picture = owner.locator('article img[src*="/avatar?v="]').first();
  await picture.waitFor();
  await owner.waitForFunction(() => document.querySelector('article img[src*="/avatar?v="]')?.naturalWidth === 256);
  await member.getByRole("button", { name: "Remove picture" }).click();
  await picture.waitFor({ state: "detached" });
  await member.goto(`${server.url}/c/general`);
});

test("a status is set from the sidebar, seen by others with the profile, and cleared", async () => {
  await owner.goto(`${server.url}/admin/settings`);
  await owner.getByRole("button", { name: "Add a field" }).click();
  await owner.getByRole("textbox", { name: "Field 1" }).fill("Team");
  const [saved] = await Promise.all([
    owner.waitForResponse((r) => r.url().endsWith("/admin/settings") && r.request().method() === "PATCH"),
    owner.getByRole("button", { name: "Save fields" }).click(),
  ]);
  assert.equal(saved.status(), 200);
  await member.goto(`${server.url}/settings/profile`);
  await member.getByLabel("Team").fill("Core");
  await member.getByLabel("Title").fill("Keeper of the keys");
  await member.getByLabel("Time zone").selectOption("Asia/Tokyo");
  await member.getByRole("button", { name: "Save", exact: true }).click();
  await member.getByText("Saved").waitFor();
  await member.goto(`${server.url}/c/general`);
  await member.getByRole("button", { name: "set a status" }).click();
  const dialog = member.getByRole("dialog");
  await dialog.getByRole("button", { name: "On holiday" }).click();
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "detached" });
  await owner.goto(`${server.url}/c/general`);
  await row(owner, "who am I?").getByText("🌴").waitFor();
  await row(owner, "who am I?").getByRole("button", { name: "The Renamed" }).click();
  const card = owner.getByRole("dialog");
  for (const text of ["On holiday", "Keeper of the keys", "Core", "@member"])
    await card.getByText(text).first().waitFor();
  await card.getByText("Local time").waitFor();
  await owner.keyboard.press("Escape");
  await member.getByRole("button", { name: "set a status" }).click();
  await member.getByRole("button", { name: "Clear status" }).click();
  await row(owner, "who am I?").getByText("🌴").waitFor({ state: "detached" });
});

test("messages of a muted person are folded and call nobody, here and in another tab", async () => {
  await owner.goto(`${server.url}/c/general`);
  await member.goto(`${server.url}/c/general`);
  await send(member, "the first of it");
  await row(owner, "the first of it").waitFor();
  await row(owner, "who am I?").getByRole("button", { name: "The Renamed" }).click();
  const card = owner.getByRole("dialog");
  await card.getByRole("button", { name: "Mute" }).click();
  await card.getByText("You have muted this person").waitFor();
  await owner.keyboard.press("Escape");
  await row(owner, "the first of it").waitFor({ state: "detached" });
  const tab = await openPage(owner.context());
  await tab.goto(`${server.url}/settings/muted`);
  await tab.getByText("muted since").waitFor();
  const title = "Muted people · Settings · Example";
  await until(() => tab.title().then((t) => t === title || t), "the tab's title");
  for (let i = 0; i < 30; i++) await send(member, `@owner ${"loud ".repeat(60)}${i}`);
  await member.getByRole("article", { name: /loud 29, \d/ }).waitFor();
  const last = await member.evaluate(async () => {
    const read = async (path) => (await fetch(`/api/v1${path}`)).json();
    const { id } = await read("/channels/by-name/general");
    return (await read(`/conversations/${id}/messages?limit=1`)).data[0].id;
  });
  // Rows go up until the last has come.
  await owner.locator(`#timeline [data-key="${last}"]`).waitFor();
  const folded = row(owner, "Message from a muted person");
  await until(async () => (await folded.count()) > 20, "what came is folded");
  assert.equal(await tab.title(), title);

  // Shown by keyboard: the row stays where it is, the focus goes to the message.
  await owner.mouse.move(0, 0);
  // One row by its message: which of the folded ones is the eighth changes with what the list has mounted.
  const middle = await owner.locator("#timeline").evaluate((log) => {
    const { left, top, height } = log.getBoundingClientRect();
    return document.elementFromPoint(left + 200, top + height / 2).closest("[data-key]").dataset.key;
  });
  const pressed = owner.locator(`#timeline [data-key="${middle}"] article`);
  const topOf = () => pressed.evaluate((e) => e.getBoundingClientRect().top);
  await pressed.focus();
  let top = await topOf();
  await until(async () => {
    const before = top;
    await owner.waitForTimeout(200);
    top = await topOf();
    return top === before;
  }, "the row stands still");
  await owner.keyboard.press("Tab");
  await owner.keyboard.press("Enter");
  await row(owner, "loud").first().waitFor();
  await until(
    () => owner.evaluate(() => document.activeElement?.textContent?.includes("loud") ?? false),
    "it has the focus",
  );
  await owner.waitForTimeout(300);
  const now = await topOf();
  assert.ok(Math.abs(now - top) <= 1, `the row moved from ${top} to ${now}`);
  await row(owner, "loud").first().getByText("The Renamed").waitFor();
  // And folded again.
  await row(owner, "loud").first().getByRole("toolbar").getByRole("button", { name: "Fold again" }).click();
  await row(owner, "loud").first().waitFor({ state: "detached" });
  await until(
    () => owner.evaluate(() => document.activeElement?.textContent?.includes("from a muted person") ?? false),
    "the folded message has the focus",
  );

  await tab.getByRole("button", { name: "Unmute The Renamed" }).click();
  await tab.getByText("You have muted nobody.").waitFor();
  await folded.first().waitFor({ state: "detached" });
  await row(owner, "loud").nth(3).waitFor();
  assertNoFaults(tab);
  await tab.close();
});

test("between two of whom one blocks the other nothing can be written", async () => {
  await send(owner, "good morning");
  await member.goto(`${server.url}/c/general`);
  await row(member, "good morning").getByRole("button", { name: "The Owner" }).click();
  await member.getByRole("dialog").getByRole("button", { name: "Message" }).click();
  await member.waitForURL("**/dm/**");
  await send(member, "are you there?");
  await entry(owner, "The Renamed").click();
  await row(owner, "are you there?").getByRole("button", { name: "The Renamed" }).click();
  const card = owner.getByRole("dialog");
  await card.getByRole("button", { name: "Block…" }).click();
  await owner.getByRole("dialog", { name: "Block The Renamed?" }).getByRole("button", { name: "Block" }).click();
  await owner.keyboard.press("Escape");
  await owner.getByText("You have blocked this person: neither of you can write here.").waitFor();
  assert.equal(await composer(owner).count(), 0);
  await send(member, "hello?");
  await member.getByText("Messages to this person can't be sent.").waitFor();
  await owner.getByRole("button", { name: "Unblock" }).click();
  await composer(owner).waitFor();
  await row(owner, "are you there?").waitFor();
  await member.getByRole("button", { name: "Retry" }).click();
  await row(owner, "hello?").waitFor();
});

test("the theme is chosen, kept, and there before the first paint", async () => {
  await owner.goto(`${server.url}/settings/appearance`);
  const background = () => owner.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await background();
  await owner.getByLabel("Dark").check();
  const dark = await background();
  assert.notEqual(dark, light);
  // What the theme is when the page's body begins, which is before anything can be painted.
  await owner.addInitScript(() => {
    new MutationObserver((_, observer) => {
      if (!document.body) return;
      window.themeAtFirst = document.documentElement.dataset.theme ?? "none";
      observer.disconnect();
    }).observe(document, { childList: true, subtree: true });
  });
  await owner.goto(`${server.url}/c/general`);
  await composer(owner).waitFor();
  assert.equal(await owner.evaluate(() => window.themeAtFirst), "dark");
  assert.equal(await background(), dark);
  await owner.goto(`${server.url}/settings/appearance`);
  await owner.getByLabel("As the system").check();
  assert.equal(await background(), light);
});

test("a session that is ended elsewhere is signed out, and told why", async () => {
  const other = await openPage(await browser.newContext());
  await other.goto(`${server.url}/login`);
  await other.getByLabel("User name or email").fill("owner");
  await other.getByLabel("Password").fill(PASSWORD);
  await other.getByRole("button", { name: "Sign in" }).click();
  await composer(other).waitFor();
  await owner.goto(`${server.url}/settings/sessions`);
  await owner.getByRole("button", { name: /^End session/ }).click();
  await other.waitForURL("**/login**");
  await owner.getByRole("button", { name: /^End session/ }).waitFor({ state: "detached" });
  assertNoFaults(other);
  await other.context().close();
});

test("one's sign-ins are listed, those that failed are marked", async () => {
  const login = (password) =>
    fetch(`${server.url}/api/v1/auth/login`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ username: "owner", password, client: "a stranger's program" }),
    });
  assert.equal((await login("not the password")).status, 401);
  assert.equal((await login(PASSWORD)).status, 200);
  await owner.goto(`${server.url}/settings/sessions`);
  const list = owner.getByRole("list", { name: "Recent sign-ins" });
  const failed = list.getByRole("listitem").filter({ hasText: "Wrong password" });
  await failed.getByText("a stranger's program").waitFor();
  assert.equal(await failed.count(), 1);
  const first = list.getByRole("listitem").first();
  assert.match(await first.textContent(), /a stranger's program.*by password · 127\.0\.0\.1/);
  assert.doesNotMatch(await first.textContent(), /Wrong|Refused/);
  // Ten at a time.
  for (let n = 0; n < 8; n++) assert.equal((await login(PASSWORD)).status, 200);
  await owner.reload();
  await owner.getByRole("button", { name: "Show more" }).waitFor();
  assert.equal(await list.getByRole("listitem").count(), 10);
  await owner.getByRole("button", { name: "Show more" }).click();
  await owner.getByRole("button", { name: "Show more" }).waitFor({ state: "detached" });
  assert.ok((await list.getByRole("listitem").count()) > 10);
});

test("an API token is shown once, works, and stops when it is revoked", async () => {
  await owner.goto(`${server.url}/settings/tokens`);
  await owner.getByLabel("Name").fill("a script");
  await owner.getByRole("button", { name: "Create token" }).click();
  const secret = await owner.locator("code", { hasText: /^dkt_/ }).last().textContent();
  const { id } = await call(server, secret, "GET", "/channels/by-name/general");
  await call(server, secret, "POST", `/conversations/${id}/messages`, { text: "by a script" });
  await owner.reload();
  const line = owner.getByRole("listitem").filter({ hasText: "a script" });
  await line.waitFor();
  assert.equal(await owner.getByText(secret).count(), 0);
  await owner.getByRole("button", { name: "Revoke a script" }).click();
  await line.waitFor({ state: "detached" });
  await assert.rejects(call(server, secret, "GET", "/me"), /401/);
  await entry(owner, "general").click();
  await row(owner, "by a script").waitFor();
});

test("signing out leads to the sign-in page, and back after it", async () => {
  await owner.goto(`${server.url}/settings/sessions`);
  await owner.getByRole("button", { name: "Sign out" }).click();
  await owner.waitForURL("**/login**");
  await owner.goto(`${server.url}/c/random`);
  await owner.waitForURL("**/login?next=**");
  await owner.getByLabel("User name or email").fill("owner");
  await owner.getByLabel("Password").fill("not the password");
  await owner.getByRole("button", { name: "Sign in" }).click();
  await owner.getByRole("alert").filter({ hasText: /wrong/ }).waitFor();
  await owner.getByLabel("Password").fill(PASSWORD);
  await owner.getByRole("button", { name: "Sign in" }).click();
  await owner.waitForURL("**/c/random");
  await composer(owner).waitFor();
});

test("no page had a fault", () => assertNoFaults(owner, member));
