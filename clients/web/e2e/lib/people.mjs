// People with browsers: each in a context of their own.
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

export const PASSWORD = "correct horse battery";

/** How long what has to come is waited for: a machine may be slow and have much else to do. It costs who fails alone. */
const PATIENCE = 60_000;

export async function openBrowser(args = []) {
  const executablePath = process.env.CHROMIUM || "/usr/bin/chromium";
  return chromium.launch({ executablePath, args: ["--no-sandbox", ...args] });
}

/** A page whose faults fail the test: uncaught errors, violated policies, error reports. */
export async function openPage(context) {
  const page = await context.newPage();
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(`uncaught: ${error.stack}`));
  page.on("console", (message) => {
    const text = message.text();
    // The browser itself notes refused requests, lost connections and what it ignores over plain http; those are
    // part of the tests.
    const expected =
      /Failed to load resource|WebSocket connection to .* failed|net::ERR_|Opener-Policy header has been ignored/.test(
        text,
      );
    if (message.type() === "error" && !expected) page.faults.push(`console: ${text}`);
  });
  page.on("request", (request) => {
    if (request.url().endsWith("/client-logs")) page.faults.push(`reported: ${request.postData()}`);
  });
  page.setDefaultTimeout(PATIENCE);
  return page;
}

export function assertNoFaults(...pages) {
  for (const page of pages) assert.deepEqual(page.faults, []);
}

async function fillAccount(page, { name, username }) {
  await page.getByLabel("Your name").fill(name);
  if (username) await page.getByLabel("User name").fill(username);
  await page.getByLabel("Password").fill(PASSWORD);
}

/** Makes the workspace by the first-run link; the page ends in #general. */
export async function setUp(page, server, who = { name: "The Owner", username: "owner" }) {
  await page.goto(server.link);
  await page.getByLabel("Workspace name").fill("Example");
  await fillAccount(page, who);
  await page.getByRole("button", { name: "Create workspace" }).click();
  await page.waitForURL("**/c/general");
  await composer(page).waitFor();
}

/** Joins by an invite link. */
export async function join(page, link, who) {
  await page.goto(link);
  await fillAccount(page, who);
  await page.getByRole("button", { name: "Join" }).click();
  await composer(page).waitFor();
}

/** Makes an invite link in the app. */
export async function inviteLink(page) {
  await page.getByRole("navigation", { name: "Conversations" }).getByRole("button", { name: "Invite people" }).click();
  await page.getByRole("button", { name: "Create invite link" }).click();
  const link = await page.getByLabel("Invite link").inputValue();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  return link;
}

export const composer = (page) => page.locator("#composer");
export const sidebar = (page) => page.getByRole("navigation", { name: "Conversations" });
export const entry = (page, name) => sidebar(page).getByRole("link", { name });
export const row = (page, text) => page.getByRole("article").filter({ hasText: text });

export async function send(page, text) {
  await composer(page).fill(text);
  await composer(page).press("Enter");
}

export async function go(page, name) {
  await entry(page, name).click();
  await entry(page, name).and(page.locator('[aria-current="page"]')).waitFor();
  await page.locator(`main[aria-label]`).waitFor();
}

/**
 * Presses a button of a message's toolbar, which stands while the pointer is over the message. What comes meanwhile
 * may move the message away from under it: it is pointed at again then, as anybody would.
 */
export async function tool(page, text, name) {
  const message = row(page, text);
  const button = message.getByRole("toolbar").getByRole("button", { name });
  await until(async () => {
    await message.hover();
    return button.isVisible();
  }, `"${text}" has its toolbar`);
  await button.click();
}

/**
 * Taps as a finger does, which stays long enough for what comes under it to be drawn. A machine that is so slow that
 * the browser takes it for a long press has it tap again.
 */
export async function finger(page, locator, at, done) {
  const touch = await page.context().newCDPSession(page);
  const drawn = () =>
    page.evaluate(() => new Promise((end) => requestAnimationFrame(() => requestAnimationFrame(end))));
  await until(async () => {
    const box = await locator.boundingBox();
    const point = { x: box.x + at.x * box.width, y: box.y + at.y * box.height };
    await touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [point] });
    await drawn();
    await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    await drawn();
    return (await done()) || "tapped";
  }, `a tap on ${locator}`);
  await touch.detach();
}

/** Waits until the focus is in what a locator finds: keys go nowhere else then. */
export async function focused(locator) {
  await until(() => locator.evaluate((e) => e.contains(document.activeElement)), `${locator} has the focus`);
}

/** Waits until a condition holds; what it last was goes into the failure. */
export async function until(check, what, within = PATIENCE) {
  const end = Date.now() + within;
  let last;
  while (Date.now() < end) {
    last = await check();
    if (last === true) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`${what}: ${JSON.stringify(last)}`);
}

/** Waits until the browser keeps a text over a reload: as a draft ("drafts") or as a message on its way ("outbox"). */
export async function kept(page, kind, text) {
  const look = async ([kind, text]) => {
    const done = (request) =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    for (const { name } of await indexedDB.databases()) {
      if (!name.startsWith(`dankerchat-${kind}-`)) continue;
      const db = await done(indexedDB.open(name));
      const all = await done(db.transaction("entries").objectStore("entries").getAll());
      db.close();
      if (JSON.stringify(all).includes(text)) return true;
    }
    return false;
  };
  await until(() => page.evaluate(look, [kind, text]), `the browser keeps "${text}"`);
}

/** Records the frames of a page's sockets and its requests to the API from now on. */
export function record(page) {
  const seen = { frames: [], requests: [] };
  page.on("websocket", (socket) => {
    socket.on("framereceived", ({ payload }) => {
      const parsed = JSON.parse(payload);
      seen.frames.push(...(Array.isArray(parsed) ? parsed : [parsed]));
    });
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.pathname.startsWith("/api/"))
      seen.requests.push(`${request.method()} ${url.pathname.slice("/api/v1".length)}`);
  });
  return seen;
}
