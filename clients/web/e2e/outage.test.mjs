// The server dies in the middle of a conversation; the network goes; a laptop sleeps.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import {
  assertNoFaults,
  composer,
  entry,
  inviteLink,
  join,
  kept,
  openBrowser,
  openPage,
  PASSWORD,
  record,
  row,
  send,
  setUp,
  sidebar,
  until,
} from "./lib/people.mjs";
import { call, command, ENGINES, startServer, tokenOf } from "./lib/server.mjs";

const HISTORY = /^GET \/conversations\/[^/]+\/messages/;

for (const engine of ENGINES) {
  describe(`on ${engine}`, () => {
    let server;
    let browser;
    let context;
    let owner;
    let member;
    let seen;

    before(async () => {
      server = await startServer(engine);
      browser = await openBrowser();
      owner = await openPage(await browser.newContext());
      await setUp(owner, server);
      context = await browser.newContext();
      member = await openPage(context);
      await join(member, await inviteLink(owner), { name: "The Member", username: "member" });
      // A page that has loaded everything; what it asks for from here on is recorded.
      seen = record(member);
      await member.reload();
      await composer(member).waitFor();
      await until(() => seen.frames.some((f) => f.op === "hello"), "the first hello");
      await member.getByRole("article").last().waitFor();
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    test("after kill -9 and a restart the page resumes with what it missed, and asks for no history", {
      timeout: 300_000,
    }, async () => {
      await send(owner, "before the crash");
      await row(member, "before the crash").waitFor();
      await server.kill();
      await member.getByText("You are offline.").waitFor();
      seen.frames.length = seen.requests.length = 0;
      await server.start();
      // Posted while the member's page is still waiting to try again, or just has: missed or live, it comes once.
      const token = await tokenOf(server, "owner", PASSWORD);
      const { id } = await call(server, token, "GET", "/channels/by-name/general");
      for (const n of [1, 2, 3])
        await call(server, token, "POST", `/conversations/${id}/messages`, { text: `missed ${n}` });
      await row(member, "missed 3").waitFor();
      const hello = seen.frames.find((f) => f.op === "hello");
      assert.equal(hello.d.resumed, true, JSON.stringify(hello));
      const texts = await member.getByRole("article").allInnerTexts();
      for (const text of ["before the crash", "missed 1", "missed 2", "missed 3"]) {
        assert.equal(texts.filter((t) => t.includes(text)).length, 1, `${text} stands not once in ${texts}`);
      }
      assert.deepEqual(
        seen.requests.filter((r) => HISTORY.test(r) || r === "GET /sync"),
        [],
      );
      await member.getByText("You are offline.").waitFor({ state: "detached" });
    });

    test("a sleep is slept: exactly what was missed is replayed", { timeout: 300_000 }, async () => {
      const token = await tokenOf(server, "owner", PASSWORD);
      const { id } = await call(server, token, "GET", "/channels/by-name/general");
      await context.setOffline(true);
      await member.evaluate(() => window.dispatchEvent(new Event("offline")));
      // The network is cut: open sockets stay open in this browser, so the page's own is closed from the server's side.
      await server.kill();
      await server.start();
      await member
        .getByText("You are offline.")
        .waitFor()
        .catch(async (error) => {
          throw new Error(
            `${error.message}\nThe page says: ${await member.locator("body").textContent()}\n${server.log.slice(-2000)}`,
          );
        });
      for (const n of [1, 2, 3, 4, 5])
        await call(server, token, "POST", `/conversations/${id}/messages`, { text: `slept through ${n}` });
      seen.frames.length = seen.requests.length = 0;
      await context.setOffline(false);
      await row(member, "slept through 5").waitFor();
      const hello = seen.frames.findLast((f) => f.op === "hello");
      assert.equal(hello.d.resumed, true, JSON.stringify(hello));
      const replayed = seen.frames.filter((f) => f.op === "event" && f.position <= hello.d.position);
      assert.equal(replayed.length, hello.d.replayed);
      assert.equal(
        replayed.filter((f) => f.type === "message.created" && f.d.text.startsWith("slept through")).length,
        5,
      );
      assert.deepEqual(
        seen.requests.filter((r) => HISTORY.test(r) || r === "GET /sync"),
        [],
      );
    });

    test("what is written offline waits, survives a reload, and is sent once and in order", {
      timeout: 300_000,
    }, async () => {
      await until(
        () => member.evaluate(() => performance.getEntriesByType("resource").some((e) => /InviteDialog/.test(e.name))),
        "the parts that were left for later are here",
      );
      await server.kill();
      await member.getByText("You are offline.").waitFor();
      for (const n of [1, 2, 3]) await send(member, `written offline ${n}`);
      await row(member, "written offline 3").waitFor();
      // What can be done without the server can be done: its parts of the app were fetched beforehand.
      await row(member, "written offline 3").hover();
      await sidebar(member).getByRole("button", { name: "Create a channel" }).click();
      await member.getByRole("dialog", { name: "Create a channel" }).waitFor();
      await member.keyboard.press("Escape");
      await server.start();
      await row(owner, "written offline 3").waitFor();
      // Once more, and the page is reloaded before anything could be sent.
      await context.setOffline(true);
      await server.kill();
      await member.getByText("You are offline.").waitFor();
      for (const n of [4, 5]) await send(member, `written offline ${n}`);
      for (const n of [4, 5]) await kept(member, "outbox", `written offline ${n}`);
      await server.start();
      await context.setOffline(false);
      await member.reload();
      await row(owner, "written offline 5").waitFor();
      for (const page of [owner, member]) {
        await row(page, "written offline 5").waitFor();
        await until(
          () =>
            page
              .getByText("Sending…")
              .count()
              .then((n) => n === 0),
          "nothing waits",
        );
        const texts = (await page.getByRole("article").allInnerTexts()).join("\n");
        const order = [...texts.matchAll(/written offline (\d)/g)].map((m) => m[1]);
        assert.deepEqual(order, ["1", "2", "3", "4", "5"]);
      }
    });

    test("what could not be fetched while offline comes by itself, and what is written meanwhile shows", {
      timeout: 300_000,
    }, async () => {
      const token = await tokenOf(server, "owner", PASSWORD);
      const { id } = await call(server, token, "POST", "/channels", { name: "unvisited", kind: "public" });
      const { id: user } = await call(server, await tokenOf(server, "member", PASSWORD), "GET", "/me");
      const post = (text) => call(server, token, "POST", `/conversations/${id}/messages`, { text });
      for (let n = 0; n < 15; n++) await Promise.all(Array.from({ length: 20 }, () => post("one of many")));
      await post("the last line");
      await call(server, token, "POST", `/channels/${id}/members`, { user_ids: [user] });
      await entry(member, "unvisited").waitFor();
      await server.kill();
      await entry(member, "unvisited").click();
      await member.getByText("The messages could not be loaded.").waitFor();
      await send(member, "into the blue");
      await row(member, "into the blue").waitFor();
      await server.start();
      await row(member, "the last line").waitFor();
      await until(
        () =>
          call(server, token, "GET", `/conversations/${id}/messages`).then((page) =>
            page.data.some((m) => m.text === "into the blue"),
          ),
        "what was written is sent",
      );
      // A page of older messages that failed is asked for again as well.
      await server.kill();
      await member.getByText("You are offline.").waitFor();
      const toTop = () => member.locator("#timeline").evaluate((e) => e.scrollTo(0, 0));
      const failed = member.waitForEvent("requestfailed", (r) => r.url().includes("before="));
      await toTop();
      await failed;
      await server.start();
      await member.getByText("You are offline.").waitFor({ state: "detached" });
      await until(async () => {
        await toTop();
        return member.getByText("Welcome to #unvisited").isVisible();
      }, "the beginning of the channel");
    });

    test("a message that is refused says why and can be retried", async () => {
      const token = await tokenOf(server, "owner", PASSWORD);
      const { id } = await call(server, token, "POST", "/channels", { name: "short-lived", kind: "public" });
      await member.goto(`${server.url}/c/short-lived`);
      await member.getByRole("button", { name: "Join channel" }).click();
      await composer(member).waitFor();
      await server.kill();
      await member.getByText("You are offline.").waitFor();
      await send(member, "too late");
      // While the server is down, so that the page cannot be back before the channel is archived.
      await promisify(execFile)(command("chat-channels"), ["archive", "#short-lived", "--yes", "--db", server.db]);
      await server.start();
      await row(member, "too late").getByText("Not sent.").waitFor();
      await call(server, token, "POST", `/channels/${id}/unarchive`);
      await row(member, "too late").getByRole("button", { name: "Retry" }).click();
      await row(member, "too late").getByText("Not sent.").waitFor({ state: "detached" });
    });

    test("no page had a fault", () => assertNoFaults(owner, member));
  });
}
