// Scrolling back through 5,000 messages: few rows, no long task, nothing moves.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertNoFaults, composer, go, openBrowser, openPage, PASSWORD, row, setUp, until } from "./lib/people.mjs";
import { call, startServer, tokenOf } from "./lib/server.mjs";
import { slowness, startTasks, stopTasks } from "./lib/trace.mjs";

const MESSAGES = 5000;
const MAX_ROWS = 60;
/** In ms, on the machine that `slowness` compares with. */
const MAX_TASK = 50;
const MAX_KEY = 16;
/** What is too slow is so at each page that comes and at each key; a few tasks are the collector's or the machine's. */
const SPARE = 3;
const MAX_DRIFT = 1;
const OLDER = /\/messages\?before=/;

let server;
let browser;
let page;

before(async () => {
  server = await startServer("sqlite");
  browser = await openBrowser();
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  page = await openPage(context);
  await setUp(page, server);
  const token = await tokenOf(server, "owner", PASSWORD);
  const general = await call(server, token, "GET", "/channels/by-name/general");
  let next = 1;
  const worker = async () => {
    while (next <= MESSAGES) {
      const n = next++;
      const text =
        n % 9 === 0
          ? `Message ${n}: ${"words that fill more than one line of the timeline, ".repeat(5)}`
          : `Message ${n} with **some** \`markup\``;
      await call(server, token, "POST", `/conversations/${general.id}/messages`, { text });
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Holds back the answers that bring older messages, so that their arrival can be watched by itself. */
async function holdPages() {
  const held = [];
  await page.route(OLDER, async (route) => {
    const answer = await route.fetch();
    await new Promise((release) => held.push(release));
    await route.fulfill({ response: answer });
  });
  return held;
}

/** Waits until the wheel's scrolling has come to rest. */
const atRest = () =>
  page.evaluate(async () => {
    const scroller = document.getElementById("timeline");
    let same = 0;
    for (let last = -1; same < 12; same = scroller.scrollTop === last ? same + 1 : 0) {
      last = scroller.scrollTop;
      await new Promise(requestAnimationFrame);
    }
  });

/** The first row that is wholly in view: what it is and where. */
const topRow = () =>
  page.evaluate(() => {
    const scroller = document.getElementById("timeline");
    const top = scroller.getBoundingClientRect().top;
    const row = [...scroller.querySelectorAll("[data-key]")].find((r) => r.getBoundingClientRect().top >= top);
    return { key: row.dataset.key, top: row.getBoundingClientRect().top, height: scroller.scrollHeight };
  });

/** Where a row stands once the list has grown and has been painted twice. */
const whereIs = (key, height) =>
  page.evaluate(
    async ([wanted, before]) => {
      const scroller = document.getElementById("timeline");
      const frame = () => new Promise(requestAnimationFrame);
      for (let i = 0; i < 600 && scroller.scrollHeight <= before; i++) await frame();
      for (let i = 0; i < 4; i++) await frame();
      const row = scroller.querySelector(`[data-key="${CSS.escape(wanted)}"]`);
      return row ? row.getBoundingClientRect().top : null;
    },
    [key, height],
  );

/** The longest tasks, the longest first: they are told, and those beyond the spare ones stay under the limit. */
function longestOf(tasks) {
  const longest = tasks.toSorted((a, b) => b - a).slice(0, 12);
  return { told: longest.map((ms) => ms.toFixed(1)).join(", "), counts: longest[SPARE] };
}

test("scroll back through 5,000 messages", { timeout: 900_000 }, async () => {
  await page.reload();
  await composer(page).waitFor();
  await page.getByRole("article").last().waitFor();
  const slower = await slowness(page);
  await page.evaluate(() => {
    const timeline = document.getElementById("timeline");
    window.most = 0;
    new MutationObserver(() => {
      window.most = Math.max(window.most, timeline.querySelectorAll("li").length);
    }).observe(timeline, { childList: true, subtree: true });
  });
  const held = await holdPages();
  await page.mouse.move(700, 400);
  await startTasks(browser, page);

  const drifts = [];
  const begun = () =>
    page.evaluate(() => document.querySelector("#timeline h2")?.textContent?.startsWith("Welcome") ?? false);
  for (const end = Date.now() + 600_000; Date.now() < end && !(await begun()); ) {
    await page.mouse.wheel(0, -900);
    await page.waitForTimeout(20);
    const release = held.shift();
    if (!release) continue;
    // Every other page comes in while the reader is at the very top, having run ahead of it.
    if (drifts.length % 2 === 1) for (let i = 0; i < 8; i++) await page.mouse.wheel(0, -900);
    await atRest();
    const { key, top, height } = await topRow();
    release();
    const now = await whereIs(key, height);
    drifts.push(now === null ? Number.POSITIVE_INFINITY : Math.abs(now - top));
  }
  const tasks = await stopTasks(browser);
  await page.unroute(OLDER);
  assert.ok(await begun(), "the beginning was not reached");

  const most = await page.evaluate(() => window.most);
  const { told, counts } = longestOf(tasks);
  const drift = Math.max(...drifts);
  console.log(
    `${drifts.length} pages, at most ${most} rows, drift ${drift.toFixed(2)} px, ${tasks.length} tasks, the longest ${told} ms`,
  );
  assert.ok(drifts.length >= 40, `only ${drifts.length} pages were put before`);
  assert.ok(most <= MAX_ROWS, `${most} rows stood at once`);
  assert.ok(drift <= MAX_DRIFT, `the timeline moved under the reader: ${drifts}`);
  assert.ok(tasks.length > 1000, "the trace is empty");
  assert.ok(counts <= MAX_TASK * slower, `tasks took ${told} ms`);
  assertNoFaults(page);
});

test("a key costs less than a frame with 5,000 messages in memory", { timeout: 300_000 }, async () => {
  await composer(page).focus();
  await page.keyboard.type("warm");
  const slower = await slowness(page);
  await startTasks(browser, page);
  await page.keyboard.type(" and then some forty further characters", { delay: 40 });
  const tasks = await stopTasks(browser);
  const { told, counts } = longestOf(tasks);
  console.log(`${tasks.length} tasks while typing, the longest ${told} ms`);
  assert.ok(tasks.length > 40, "the trace is empty");
  assert.ok(counts <= MAX_KEY * slower, `keys cost ${told} ms`);
  assertNoFaults(page);
});

test("much unread opens at the newest, and leads to where it begins", { timeout: 300_000 }, async () => {
  const token = await tokenOf(server, "owner", PASSWORD);
  const channel = await call(server, token, "POST", "/channels", { name: "busy", kind: "public" });
  const user = await call(server, token, "POST", "/admin/users", {
    username: "other",
    display_name: "The Other",
    password: PASSWORD,
  });
  await call(server, token, "POST", `/channels/${channel.id}/members`, { user_ids: [user.id] });
  const other = await tokenOf(server, "other", PASSWORD);
  for (let n = 1; n <= 150; n++)
    await call(server, other, "POST", `/conversations/${channel.id}/messages`, { text: `Unread ${n}` });
  await go(page, /busy/);
  await row(page, "Unread 150").waitFor();
  await page.getByRole("button", { name: "150 new messages" }).click();
  const line = page.locator("#timeline").getByText("New", { exact: true });
  await line.waitFor();
  await until(() => row(page, /Unread 1$/).isVisible(), "the first new message is in view");
  await page.getByRole("button", { name: /Jump to present|new$/ }).click();
  await row(page, "Unread 150").waitFor();
  // Escape takes the line away.
  await page.keyboard.press("Shift+F6");
  await page.keyboard.press("Escape");
  await line.waitFor({ state: "detached" });
  assertNoFaults(page);
});
