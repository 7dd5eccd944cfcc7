// A laptop that was closed for an hour shows exactly what it missed.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startClocked } from "./lib/clocked.mjs";
import {
  assertNoFaults,
  inviteLink,
  join,
  openBrowser,
  openPage,
  PASSWORD,
  record,
  row,
  setUp,
  until,
} from "./lib/people.mjs";
import { call, ENGINES, tokenOf } from "./lib/server.mjs";

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

/** Stops a page's clock a moment from now; on a slow machine that moment is over before the page hears of it. */
async function stopClock(page) {
  for (let ahead = 1000; ; ahead *= 2) {
    try {
      return await page.clock.pauseAt(new Date(Date.now() + ahead));
    } catch (error) {
      if (!/to the past/.test(error.message) || ahead > 60_000) throw error;
    }
  }
}

for (const engine of ENGINES) {
  test(`closed for an hour (${engine})`, { timeout: 300_000 }, async () => {
    const server = await startClocked(engine);
    try {
      const owner = await openPage(await browser.newContext());
      await setUp(owner, server);
      const link = await inviteLink(owner);
      const laptop = await openPage(await browser.newContext());
      await laptop.clock.install();
      const seen = record(laptop);
      await join(laptop, link, { name: "The Member", username: "member" });
      const session = await tokenOf(server.beside, "owner", PASSWORD);
      const { secret } = await call(server.beside, session, "POST", "/me/tokens", { name: "poster", scopes: ["*"] });
      const { id } = await call(server.beside, secret, "GET", "/channels/by-name/general");
      const post = (text) => call(server.beside, secret, "POST", `/conversations/${id}/messages`, { text });
      const { position } = await post("before");
      await row(laptop, "before").waitFor();
      await until(
        () => seen.frames.some((f) => f.type === "read.updated" && f.d.last_read_position === position),
        "it is read",
      );
      await owner.context().close();

      // The lid falls: the network goes without a word, timers stand still, and the others write for an hour.
      await stopClock(laptop);
      server.cable.cut();
      // What was said before may still be on its way through the browser: that somebody has gone, or a heartbeat.
      const head = Math.max(...seen.frames.map((f) => f.position ?? 0));
      seen.frames.length = seen.requests.length = 0;
      const missed = [];
      for (let minute = 0; minute < 60; minute += 4) {
        missed.push(`at minute ${minute}`);
        await post(missed.at(-1));
        await server.pass("4m");
      }
      assert.deepEqual(
        seen.frames.filter((f) => f.position > head),
        [],
        "the laptop heard something",
      );

      // It opens.
      await laptop.clock.fastForward("01:00:00");
      await laptop.clock.resume();
      await laptop.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
      await row(laptop, missed.at(-1)).waitFor();
      const hellos = seen.frames.filter((f) => f.op === "hello").map((f) => f.d);
      assert.equal(hellos.length, 1, JSON.stringify(hellos));
      const [hello] = hellos;
      assert.equal(hello.resumed, true, JSON.stringify(hello));
      assert.equal(hello.replayed, missed.length);
      const replayed = seen.frames.filter((f) => f.op === "event" && f.position <= hello.position);
      assert.deepEqual(
        replayed.map((f) => f.type === "message.created" && f.d.text),
        missed,
      );
      await post("live");
      await row(laptop, "live").waitFor();
      const asked = seen.requests.filter((r) => !["GET /presence"].includes(r));
      assert.deepEqual(asked, [], "it asked for what it was sent");
      const shown = await laptop.locator("#timeline article .text, #timeline article p").allInnerTexts();
      for (const text of ["before", ...missed, "live"])
        assert.equal(shown.filter((t) => t === text).length, 1, `${text} stands not once in ${JSON.stringify(shown)}`);
      const times = replayed.map((f) => Date.parse(f.d.created_at));
      assert.ok(Math.max(...times) - Math.min(...times) >= 45 * 60_000, `an hour passed: ${times}`);
      await until(() => laptop.title().then((t) => t.includes("#general")), "the page is as it was");
      assertNoFaults(laptop);
    } finally {
      await server.stop();
    }
  });
}
