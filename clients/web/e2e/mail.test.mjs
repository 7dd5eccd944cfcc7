// What begins or goes on with a mail: signing up, a forgotten password, another address, an invite. A mail server on
// loopback catches them; axe looks at each page in both themes.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { violations } from "./lib/axe.mjs";
import { startMail } from "./lib/mail.mjs";
import { assertNoFaults, composer, openBrowser, openPage, PASSWORD, setUp, until } from "./lib/people.mjs";
import { call, ENGINES, startServer, tokenOf } from "./lib/server.mjs";

const ANOTHER = "another horse in the battery";

let browser;
let post;

before(async () => {
  browser = await openBrowser();
  post = await startMail();
});

after(async () => {
  await browser?.close();
  post?.stop();
});

for (const engine of ENGINES) {
  describe(`on ${engine}`, () => {
    let server;
    let owner;
    let member;

    // Nothing moves, so that no colour is looked at on its way to another.
    const open = async () =>
      openPage(
        await browser.newContext({
          bypassCSP: true,
          viewport: { width: 1280, height: 860 },
          reducedMotion: "reduce",
        }),
      );

    /** axe in both themes, once: the pages are the same on every database. */
    async function look(page, name, themes = ["light", "dark"]) {
      if (engine !== ENGINES[0]) return;
      for (const colorScheme of themes) {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        assert.deepEqual(await violations(page), [], `${name} in ${colorScheme}`);
        if (process.env.SHOTS) {
          await page.screenshot({ path: `${process.env.SHOTS}/${name}-${colorScheme}.png` });
          await page.setViewportSize({ width: 390, height: 780 });
          await page.screenshot({ path: `${process.env.SHOTS}/${name}-${colorScheme}-390.png` });
          await page.setViewportSize({ width: 1280, height: 860 });
        }
      }
    }

    const heading = (page, name) => page.getByRole("heading", { name }).waitFor();

    before(async () => {
      server = await startServer(engine);
      await server.kill();
      await server.start(post.args);
      owner = await open();
      member = await open();
      await setUp(owner, server);
      const settings = await fetch(`${server.url}/api/v1/admin/settings`, {
        method: "PATCH",
        headers: {
          Authorization: `Bearer ${await tokenOf(server, "owner", PASSWORD)}`,
          "Content-Type": "application/json",
          "If-Match": "*",
        },
        body: JSON.stringify({ registration: "domain", registration_domains: ["example.org"] }),
      });
      assert.equal(settings.status, 200);
    });

    after(async () => {
      await owner?.context().close();
      await member?.context().close();
      await server?.stop();
    });

    test("somebody signs up and proves the address", async () => {
      await member.goto(`${server.url}/login`);
      await member.getByRole("link", { name: "Make one" }).click();
      await member.getByLabel("Your name").fill("The Member");
      await member.getByLabel("User name").fill("member");
      await member.getByLabel("Password").fill(PASSWORD);
      await member.getByLabel("Email").fill(`${engine}@example.net`);
      await member.getByRole("button", { name: "Join" }).click();
      await member.getByRole("alert").filter({ hasText: "example.org" }).waitFor();
      await look(member, "signup");
      await member.getByLabel("Email").fill(`${engine}@example.org`);
      await member.getByRole("button", { name: "Join" }).click();
      await heading(member, "Look into your mail");
      await look(member, "signup-asked", ["dark"]);
      const link = await post.link(`${engine}@example.org`, "/verify");
      await member.goto(link);
      await heading(member, "One click more");
      const bare = () => member.url() === `${server.url}/verify` || member.url();
      await until(bare, "the code is gone from the address");
      await look(member, "verify");
      await member.getByRole("button", { name: "Make my account" }).click();
      await composer(member).waitFor();
      const late = await open();
      await late.goto(link);
      await late.getByRole("button", { name: "Make my account" }).click();
      await heading(late, "This link does not work any more");
      await look(late, "verify-late", ["dark"]);
      assertNoFaults(late);
      await late.context().close();
    });

    test("a forgotten password is set anew by a mailed link, once", async () => {
      const page = await open();
      await page.goto(`${server.url}/login`);
      await page.getByRole("link", { name: /Forgot/ }).click();
      await heading(page, "Forgot your password?");
      await look(page, "forgot");
      await page.getByLabel("User name or email").fill("member");
      await page.getByRole("button", { name: "Send the link" }).click();
      await heading(page, "Look into your mail");
      await look(page, "forgot-asked", ["dark"]);
      const link = await post.link(`${engine}@example.org`, "/reset");
      // A link from before, with the code where servers see it, is good as well.
      await page.goto(link.replace("#", "?code="));
      await page.getByLabel("New password").fill("1234567890");
      await page.getByRole("button", { name: "Set the password" }).click();
      await page.getByRole("main").getByRole("alert").waitFor();
      await look(page, "reset");
      await page.getByLabel("New password").fill(ANOTHER);
      await page.getByRole("button", { name: "Set the password" }).click();
      await heading(page, "Your new password is set");
      await look(page, "reset-done", ["dark"]);
      await member.waitForURL("**/login**"); // signed out everywhere
      await page.goto(link);
      await page.getByLabel("New password").fill(ANOTHER);
      await page.getByRole("button", { name: "Set the password" }).click();
      await heading(page, "This link does not work any more");
      await look(page, "reset-late", ["dark"]);
      assertNoFaults(page);
      await page.context().close();
      await member.getByLabel("User name or email").fill("member");
      await member.getByLabel("Password").fill(ANOTHER);
      await member.getByRole("button", { name: "Sign in" }).click();
      await composer(member).waitFor();
    });

    test("another address holds once the mail to it is answered", async () => {
      const [before, next] = [`${engine}@example.org`, `${engine}-next@example.net`];
      await member.goto(`${server.url}/settings/profile`);
      await member.getByLabel("Email", { exact: false }).first().fill(next);
      await member.getByRole("button", { name: "Save", exact: true }).click();
      const notice = member.getByRole("region", { name: "Email confirmation" });
      await notice.getByText(`Waiting for confirmation of ${next}`).waitFor();
      await post.to(before, /wanted your account/);
      const first = await post.link(next, "/verify/email");
      await notice.getByRole("button", { name: "Send the mail again" }).click();
      await notice.getByText("Sent", { exact: true }).waitFor();
      await look(member, "profile-waiting");
      const link = await post.link(next, "/verify/email", 2);
      const page = await open();
      await page.goto(first);
      await page.getByRole("button", { name: "Confirm the address" }).click();
      await heading(page, "This link does not work any more");
      await look(page, "confirm-late", ["dark"]);
      await page.goto(link);
      await heading(page, "Is this your address?");
      await look(page, "confirm");
      await page.getByRole("button", { name: "Confirm the address" }).click();
      await heading(page, "Your address is confirmed");
      await look(page, "confirmed", ["dark"]);
      await post.to(before, /does not have this address any more/);
      assertNoFaults(page);
      await page.context().close();
      await member.reload();
      await member.getByLabel("Email", { exact: false }).first().waitFor();
      assert.equal(await member.getByLabel("Email", { exact: false }).first().inputValue(), next);
      await member.getByLabel("Email", { exact: false }).first().fill("third@example.net");
      await member.getByRole("button", { name: "Save", exact: true }).click();
      await notice.getByRole("button", { name: "Cancel" }).click();
      await notice.waitFor({ state: "detached" });
      assert.equal((await call(server, await tokenOf(server, "member", ANOTHER), "GET", "/me/email")).email, next);
    });

    test("the list of people tells whose address is confirmed", async () => {
      const token = await tokenOf(server, "owner", PASSWORD);
      const { code } = await call(server, token, "POST", "/admin/invites", {});
      const email = `${engine}-said@example.org`;
      const account = { code, username: "claimant", display_name: "A Claimant", password: PASSWORD, email };
      await call(server, null, "POST", "/auth/signup", account);
      await owner.goto(`${server.url}/admin/users`);
      const row = (text) => owner.getByRole("row").filter({ hasText: text });
      await row(email).getByText("not confirmed").waitFor();
      await row("@member").getByText(`${engine}-next@example.net`).waitFor();
      assert.equal(await row("@member").getByText("not confirmed").count(), 0);
      await look(owner, "people-unconfirmed");
      await owner.getByRole("button", { name: "Manage A Claimant" }).click();
      const dialog = owner.getByRole("dialog", { name: "A Claimant", exact: true });
      await dialog.getByText(`${email} is not confirmed yet`).waitFor();
      await look(owner, "account-unconfirmed", ["dark"]);
      await dialog.getByRole("button", { name: "Close" }).click();
      await owner.getByRole("button", { name: "Manage The Member" }).click();
      await owner.getByText(`${engine}-next@example.net is confirmed.`).waitFor();
      await owner.keyboard.press("Escape");
    });

    test("an invite is mailed to the one whom it is for", async () => {
      const address = `${engine}-guest@example.com`;
      await owner.goto(`${server.url}/admin/invites`);
      await owner.getByRole("button", { name: "New invite link" }).click();
      const dialog = owner.getByRole("dialog");
      await dialog.getByLabel("Email").fill(address);
      await look(owner, "invite-dialog");
      await dialog.getByRole("button", { name: "Create invite link" }).click();
      await dialog.getByText(`A link was sent to ${address}`).waitFor();
      await look(owner, "invite-sent", ["dark"]);
      const shown = await dialog.getByLabel("Invite link").inputValue();
      await owner.keyboard.press("Escape");
      await owner.getByText(`For ${address}`).waitFor();
      const link = await post.link(address, "/invite/");
      assert.notEqual(link, shown);
      const page = await open();
      await page.goto(link);
      await page.getByText(`Your account gets the address ${address}`).waitFor();
      await look(page, "invite");
      await page.getByLabel("Your name").fill("The Guest");
      await page.getByLabel("Password").fill(PASSWORD);
      await page.getByRole("button", { name: "Join" }).click();
      await composer(page).waitFor();
      assertNoFaults(page);
      await page.context().close();
    });

    test("no page had a fault", () => assertNoFaults(owner, member));
  });
}
