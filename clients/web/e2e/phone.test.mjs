// On a phone one pane shows at a time: the list, or a conversation.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  assertNoFaults,
  composer,
  entry,
  focused,
  inviteLink,
  join,
  openBrowser,
  openPage,
  PASSWORD,
  row,
  send,
  setUp,
  sidebar,
  until,
} from "./lib/people.mjs";
import { call, startServer, tokenOf } from "./lib/server.mjs";

let server;
let browser;
before(async () => {
  server = await startServer();
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

test("who joins by an invite lands among the messages, and from then on with the list", async () => {
  const owner = await openPage(await browser.newContext());
  await setUp(owner, server);
  await send(owner, "welcome in");
  const phone = await openPage(await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true }));
  await join(phone, await inviteLink(owner), { name: "The Member", username: "member" });
  await row(phone, "welcome in").waitFor();
  assert.equal(new URL(phone.url()).pathname, "/c/general");
  await phone.getByRole("button", { name: "Back to the list" }).click();
  await entry(phone, "random").waitFor();
  assert.equal(await composer(phone).count(), 0);
  await phone.goto(server.url);
  await entry(phone, "general").waitFor();
  assert.equal(await composer(phone).count(), 0);
  // Tabs scroll sideways: the one that is open is in view.
  await phone.goto(`${server.url}/settings/sessions`);
  await until(async () => {
    const tab = await phone.getByRole("link", { name: "Sessions" }).boundingBox();
    return (tab && tab.x >= 0 && tab.x + tab.width <= 390) || tab;
  }, "the tab is in view");
  assertNoFaults(owner, phone);
});

test("lists and dialogs fit a phone, and what is pressed is as large as a finger", async () => {
  const token = await tokenOf(server, "owner", PASSWORD);
  for (let n = 0; n < 14; n++) await call(server, token, "POST", "/channels", { name: `room-${n}`, kind: "public" });
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  const phone = await openPage(context);
  await phone.goto(`${server.url}/login`);
  await phone.getByLabel("User name or email").fill("owner");
  await phone.getByLabel("Password").fill(PASSWORD);
  await phone.getByRole("button", { name: "Sign in", exact: true }).click();
  await entry(phone, "general").waitFor();
  const small = () =>
    phone.evaluate(() =>
      [...document.querySelectorAll("button, nav a, input, select, textarea")]
        .filter(
          (e) =>
            !e.matches("[type=radio], [type=checkbox], p *, article *") && e.checkVisibility() && !e.closest("[inert]"),
        )
        // The height of the layout: a dialog that is opening grows. The skip links wait above the page until the keyboard
        // calls them.
        .filter((e) => e.offsetHeight > 0 && e.offsetHeight < 44 && e.getBoundingClientRect().bottom > 0)
        .map((e) => `${e.ariaLabel ?? (e.textContent || e.name || e.id)}: ${e.offsetHeight}`),
    );

  await sidebar(phone).getByRole("button", { name: "Browse channels" }).click();
  const dialog = phone.getByRole("dialog");
  await dialog.getByRole("button", { name: "Open room-13" }).waitFor();
  // What is more than the list has room for is scrolled to, and lies over nothing.
  const spills = await dialog
    .getByRole("list")
    .evaluate((e) => e.scrollHeight > e.clientHeight && getComputedStyle(e).overflowY === "visible");
  assert.equal(spills, false, "the list of channels lies over the button below it");
  assert.deepEqual(await small(), []);
  await phone.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.deepEqual(await small(), []);

  for (const [path, shown] of [
    ["admin/users", phone.getByRole("button", { name: "Manage The Member" })],
    ["admin/channels", phone.getByRole("button", { name: "Archive general" })],
    ["admin/audit", phone.getByText("workspace.setup")],
    ["settings/sessions", phone.getByRole("button", { name: "Sign out" })],
    ["c/general", composer(phone)],
  ]) {
    await phone.goto(`${server.url}/${path}`);
    await shown.first().waitFor();
    const cut = await phone.evaluate(() =>
      [...document.querySelectorAll("main *")]
        .filter((e) => e.clientWidth > 1 && e.scrollWidth > e.clientWidth && getComputedStyle(e).overflowX === "auto")
        .map((e) => e.ariaLabel ?? e.className),
    );
    assert.deepEqual(
      cut.filter((name) => !/tabs|Settings|Administration/.test(name)),
      [],
      `/${path} scrolls sideways`,
    );
    assert.deepEqual(await small(), [], `/${path}`);
  }
  assertNoFaults(phone);
  await context.close();
});

test("who joined finds the notes to themselves in the list", async () => {
  const page = await openPage(await browser.newContext());
  await page.goto(`${server.url}/login`);
  await page.getByLabel("User name or email").fill("member");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await composer(page).waitFor();
  await sidebar(page).getByRole("button", { name: "The Member (notes)" }).click();
  await page.waitForURL("**/dm/**");
  await page.getByText("Only you can see this conversation").waitFor();
  await entry(page, "The Member (notes)").waitFor();
  assert.equal(await sidebar(page).getByRole("button", { name: "The Member (notes)" }).count(), 0);
  await send(page, "not to forget");
  await row(page, "not to forget").waitFor();
  await page.reload();
  await entry(page, "The Member (notes)").waitFor();
  assertNoFaults(page);
});

test("the arrow up edits one's last message, in view or not", async () => {
  const page = await openPage(await browser.newContext());
  await page.goto(`${server.url}/login?next=/c/random`);
  await page.getByLabel("User name or email").fill("member");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await composer(page).waitFor();
  await send(page, "far above");
  await row(page, "far above").waitFor();
  const token = await tokenOf(server, "owner", PASSWORD);
  const { id } = await call(server, token, "GET", "/channels/by-name/random");
  for (let n = 0; n < 12; n++)
    await call(server, token, "POST", `/conversations/${id}/messages`, { text: `${"a line\n".repeat(40)}end ${n}` });
  await row(page, "end 11").waitFor();
  await until(async () => (await row(page, "far above").count()) === 0, "it is out of view");
  await composer(page).press("ArrowUp");
  await focused(page.getByLabel("Edit message"));
  await page.keyboard.type(", changed");
  await page.keyboard.press("Enter");
  await row(page, "far above, changed").waitFor();
  assertNoFaults(page);
});
