// What people do, from the first-run link on, on every engine.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  assertNoFaults,
  composer,
  entry,
  go,
  inviteLink,
  join,
  kept,
  openBrowser,
  openPage,
  row,
  send,
  setUp,
  sidebar,
  tool,
  until,
} from "./lib/people.mjs";
import { ENGINES, startServer } from "./lib/server.mjs";

const MEMBER = { name: "The Member", username: "member" };

for (const engine of ENGINES) {
  describe(`on ${engine}`, () => {
    let server;
    let browser;
    let owners;
    let owner;
    let member;

    before(async () => {
      server = await startServer(engine);
      browser = await openBrowser();
      owners = await browser.newContext({ viewport: { width: 1280, height: 800 } });
      owner = await openPage(owners);
      member = await openPage(await browser.newContext({ viewport: { width: 1280, height: 800 } }));
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    test("the owner sets up the workspace by the first-run link and lands in #general", async () => {
      await setUp(owner, server);
      await owner.getByText("Welcome to Example!").waitFor();
      await owner.getByRole("main").getByRole("button", { name: "Invite people" }).waitFor();
      await until(() => owner.title().then((t) => t === "#general · Example" || t), "the title");
    });

    test("the first-run link works once", async () => {
      const other = await openPage(await browser.newContext());
      await other.goto(server.link);
      await other.getByRole("heading", { name: "Already set up" }).waitFor();
      await other.context().close();
    });

    test("a second person joins by an invite link and sees what was said", async () => {
      await send(owner, "Written **before** anybody came");
      await row(owner, "Written before anybody came").waitFor();
      await join(member, await inviteLink(owner), MEMBER);
      await member.waitForURL("**/c/general");
      await row(member, "Written before anybody came").waitFor();
      await row(owner, "The Member joined the channel").waitFor();
      // What was said before one came is not new.
      assert.equal(await entry(member, "general").getAttribute("data-unread"), "0");
    });

    test("a spent or wrong invite says so", async () => {
      const other = await openPage(await browser.newContext());
      await other.goto(`${server.url}/invite/nosuchcode`);
      await other.getByRole("heading", { name: "This invite does not work" }).waitFor();
      await other.context().close();
    });

    test("both write in #general and see it at once", async () => {
      await send(member, "Hello from the second browser");
      await row(owner, "Hello from the second browser").waitFor();
      await send(owner, "Hello back");
      await row(member, "Hello back").waitFor();
      assert.equal(await row(member, "Hello back").count(), 1);
      assert.equal(await row(owner, "Hello back").count(), 1);
    });

    test("typing shows while it lasts", async () => {
      // Typing is told at most once and shows for seconds: a slow machine may draw one too late.
      const seen = owner.getByText("The Member is typing…").waitFor();
      for (let shown = false; !shown; ) {
        await composer(member).pressSequentially("thinking about it ", { delay: 100 });
        shown = await Promise.race([seen.then(() => true), new Promise((done) => setTimeout(done, 50, false))]);
      }
      await send(member, "thought");
      await row(owner, "thought").last().waitFor();
      await owner.getByText("The Member is typing…").waitFor({ state: "detached" });
    });

    test("presence shows who is here and who is not", async () => {
      await owner.getByRole("button", { name: /Details/ }).click();
      const line = owner.getByRole("complementary").getByRole("listitem").filter({ hasText: "The Member" });
      await line.getByText("online").waitFor();
      const address = member.url();
      await member.goto("about:blank");
      await line.getByText("offline").waitFor();
      await member.goto(address);
      await line.getByText("online").waitFor();
      await owner.keyboard.press("Escape");
    });

    test("a direct message and a mention call the one who is elsewhere", async () => {
      await go(owner, "random");
      await send(member, "somebody");
      await until(
        () =>
          entry(owner, "general")
            .getAttribute("data-unread")
            .then((n) => n !== "0"),
        "unread in the sidebar",
      );
      await until(() => owner.title().then((t) => t === "• #random · Example" || t), "the title's dot");
      await composer(member).pressSequentially("look here @own");
      await member.getByRole("option", { name: /The Owner/ }).waitFor();
      await member.keyboard.press("Enter");
      await member.keyboard.type("please");
      await member.keyboard.press("Enter");
      await until(() => owner.title().then((t) => t === "(1) #random · Example" || t), "the title's count");
      await entry(owner, /general.*1 mentions/).waitFor();
      await sidebar(member).getByRole("button", { name: "New direct message" }).click();
      await member.getByLabel("Find people").fill("own");
      await member.keyboard.press("Enter");
      await member.getByRole("button", { name: "Start conversation" }).click();
      await member.waitForURL("**/dm/*");
      await send(member, "only between us");
      await until(() => owner.title().then((t) => t === "(2) #random · Example" || t), "the title's count");
      await entry(owner, /The Member.*1 unread/).waitFor();
    });

    test("what is read in one tab is read in the other", async () => {
      const second = await openPage(owners);
      await second.goto(`${server.url}/c/random`);
      await until(() => second.title().then((t) => t === "(2) #random · Example" || t), "the second tab's count");
      await entry(owner, /The Member/).click();
      await row(owner, "only between us").waitFor();
      await until(() => second.title().then((t) => t === "(1) #random · Example" || t), "the second tab follows");
      await go(owner, /general/);
      await until(() => second.title().then((t) => t === "#random · Example" || t), "all is read");
      // Back to unread from one message on: the other tab follows too.
      await tool(owner, "look here", "Mark unread from here");
      await until(() => second.title().then((t) => t === "(1) #random · Example" || t), "unread again");
      await go(owner, "random");
      await go(owner, /general/);
      await until(() => second.title().then((t) => t === "#random · Example" || t), "read again");
      assertNoFaults(second);
      await second.close();
    });

    test("one's own message can be changed and deleted", async () => {
      await go(member, /general/);
      await send(owner, "with a tpyo");
      await row(member, "with a tpyo").waitFor();
      // Once its author's page knows that it has arrived, too.
      await owner.getByRole("article", { name: /with a tpyo, \d/ }).waitFor();
      await composer(owner).press("ArrowUp");
      const editor = owner.getByLabel("Edit message");
      await editor.fill("without a typo");
      await editor.press("Enter");
      const changed = row(member, "without a typo");
      await changed.getByText("(edited)").waitFor();
      assert.equal(await row(member, "with a tpyo").count(), 0);
      await tool(owner, "without a typo", "Delete");
      await owner.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
      await row(member, "This message was deleted.").waitFor();
      assert.equal(await row(member, "without a typo").count(), 0);
      // Somebody else's message offers neither to a member.
      await until(async () => {
        await row(member, "Hello back").hover();
        return row(member, "Hello back").getByRole("toolbar").isVisible();
      }, "the toolbar");
      assert.equal(
        await row(member, "Hello back")
          .getByRole("button", { name: /Edit|Delete/ })
          .count(),
        0,
      );
    });

    test("a link to a message opens it in its place", async () => {
      await owner.evaluate(() => {
        navigator.clipboard.writeText = async (text) => {
          window.copied = text;
        };
      });
      await tool(owner, "Hello from the second browser", "Copy link");
      await until(() => owner.evaluate(() => Boolean(window.copied)), "the link is copied");
      const link = await owner.evaluate(() => window.copied);
      await member.goto(link);
      await row(member, "Hello from the second browser").waitFor();
    });

    test("a private channel is made, unseen by others until they are added", async () => {
      await sidebar(owner).getByRole("button", { name: "Create a channel" }).click();
      await owner.getByRole("textbox", { name: "Name" }).fill("Secret Plans");
      await owner.getByLabel(/Topic/).fill("Not for everybody");
      await owner.getByLabel(/Private/).check();
      await owner.getByRole("button", { name: "Create channel" }).click();
      await owner.waitForURL("**/c/secret-plans");
      await send(owner, "first secret");
      await sidebar(member).getByRole("button", { name: "Browse channels" }).click();
      await member.getByRole("button", { name: "Open random" }).waitFor();
      assert.equal(await member.getByRole("dialog").getByText("secret-plans").count(), 0);
      await member.keyboard.press("Escape");
      await owner.getByRole("main").getByRole("button", { name: "Add people to the channel" }).click();
      await owner.getByLabel("Find people").fill("member");
      await owner.keyboard.press("Enter");
      await owner.getByRole("dialog").getByRole("button", { name: "Add", exact: true }).click();
      await go(member, "secret-plans");
      await send(member, "now I know");
      await row(owner, "now I know").waitFor();
    });

    test("a public channel is found, joined, renamed, left and archived", async () => {
      await sidebar(owner).getByRole("button", { name: "Create a channel" }).click();
      await owner.getByRole("textbox", { name: "Name" }).fill("ideas");
      await owner.getByRole("button", { name: "Create channel" }).click();
      await owner.waitForURL("**/c/ideas");
      await sidebar(member).getByRole("button", { name: "Browse channels" }).click();
      await member.getByRole("button", { name: "Join ideas" }).click();
      await member.waitForURL("**/c/ideas");
      await send(member, "an idea");
      await row(owner, "an idea").waitFor();
      await owner.getByRole("button", { name: /Details/ }).click();
      const panel = owner.getByRole("complementary");
      await panel.getByRole("button", { name: "Edit" }).click();
      await owner.getByRole("textbox", { name: "Name" }).fill("better-ideas");
      await owner.getByRole("dialog").getByRole("button", { name: "Save" }).click();
      await owner.waitForURL("**/c/better-ideas");
      await entry(member, "better-ideas").waitFor();
      await owner.getByRole("button", { name: /Details/ }).click();
      await panel.getByRole("button", { name: "Archive" }).click();
      await owner.getByText("This channel is archived").waitFor();
      await go(member, /general/);
      await entry(member, "better-ideas").waitFor({ state: "detached" });
      await panel.getByRole("button", { name: "Unarchive" }).click();
      await entry(member, "better-ideas").waitFor();
      await go(member, "better-ideas");
      await member.getByRole("button", { name: /Details/ }).click();
      await member.getByRole("complementary").getByRole("button", { name: "Leave" }).click();
      await entry(member, "better-ideas").waitFor({ state: "detached" });
      await row(owner, "The Member left the channel").waitFor();
    });

    test("a draft stays with its conversation over a reload", async () => {
      await go(member, "random");
      await composer(member).fill("half a thought");
      await go(member, /general/);
      await until(async () => (await composer(member).inputValue()) === "", "the draft stays where it was");
      await entry(member, /random.*draft/).waitFor();
      await kept(member, "drafts", "half a thought");
      await member.reload();
      await go(member, /random/);
      const shown = async () => (await composer(member).inputValue()) === "half a thought";
      await until(shown, "the draft is back");
      // Reloaded in its own conversation it is there at once, too.
      await member.reload();
      await composer(member).waitFor();
      await until(shown, "the draft is back at once");
      const tab = await member.context().newPage();
      await tab.goto(member.url());
      await until(async () => (await composer(tab).inputValue()) === "half a thought", "the draft is in a new tab");
      await composer(member).fill("a whole thought");
      await until(async () => (await composer(tab).inputValue()) === "a whole thought", "the other tab follows");
      await composer(member).fill("");
      await until(async () => (await composer(tab).inputValue()) === "", "nothing is left in the other tab");
      await tab.close();
    });

    test("an administrator suspends and restores, and the log tells", async () => {
      await owner.goto(`${server.url}/admin/users`);
      await owner.getByRole("button", { name: "Manage The Member" }).click();
      const account = owner.getByRole("dialog", { name: "The Member", exact: true });
      await account.getByRole("button", { name: "Suspend" }).click();
      await owner.getByRole("dialog", { name: "Suspend The Member?" }).getByRole("button", { name: "Suspend" }).click();
      await owner.getByText("suspended", { exact: true }).waitFor();
      await member.waitForURL("**/login**");
      await account.getByRole("button", { name: "Restore" }).click();
      await account.getByRole("button", { name: "Suspend" }).waitFor();
      await account.getByRole("button", { name: "Close" }).click();
      await owner.getByRole("link", { name: "Audit log" }).click();
      await owner.getByRole("cell", { name: "user.suspend" }).waitFor();
      await owner.getByRole("button", { name: "Verify the log" }).click();
      await owner.getByText("entries are as they were written").waitFor();
      await member.getByLabel("User name or email").fill("member");
      await member.getByLabel("Password").fill("correct horse battery");
      await member.getByRole("button", { name: "Sign in" }).click();
      await composer(member).waitFor();
    });

    test("no page had a fault", () => assertNoFaults(owner, member));
  });
}
