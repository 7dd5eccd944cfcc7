// Single sign-on through two providers that others wrote.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inviteLink, openBrowser, openPage, setUp } from "./lib/people.mjs";
import { startProviders } from "./lib/providers.mjs";
import { ENGINES, startServer } from "./lib/server.mjs";

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

const composer = (page) => page.getByRole("textbox", { name: /^Message / });

/** Signs in at oidc-provider's own page, where every name has an account, and agrees. */
async function atNode(page, name) {
  await page.getByPlaceholder("Enter any login").fill(name);
  await page.getByPlaceholder("and password").fill("whatever");
  await page.getByRole("button", { name: "Sign-in" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
}

for (const engine of ENGINES) {
  test(`sign in through a provider, link another, and what is said when it fails (${engine})`, async () => {
    const server = await startServer(engine);
    const stopProviders = await startProviders(server);
    try {
      const owner = await openPage(await browser.newContext());
      await setUp(owner, server);

      // Somebody new signs in through zitadel, and comes out where they were going.
      const page = await openPage(await browser.newContext());
      await page.goto(`${server.url}/settings/profile`);
      await page.waitForURL(/\/login\?next=/);
      let callback = "";
      page.on("request", (r) => {
        if (r.url().includes("/zitadel/callback")) callback = r.url();
      });
      await page.getByRole("button", { name: "Sign in with Zitadel" }).click();
      await page.locator("input[name=username]").fill("test-user2");
      await page.locator("input[name=password]").fill("verysecure");
      await page.locator("button[type=submit], input[type=submit]").first().click();
      await page.waitForURL(`${server.url}/settings/profile`);
      const name = page.locator('input[name="display_name"]');
      await name.waitFor();
      assert.equal(await name.inputValue(), "Test User2");
      const cookies = await page.context().cookies(server.url);
      assert.ok(cookies.find((c) => c.name === "dankerchat_sid")?.httpOnly);

      // The same answer again is worth nothing.
      await page.goto(callback);
      await page.getByRole("heading", { name: "That took too long" }).waitFor();
      const other = await openPage(await browser.newContext());
      await other.goto(callback);
      await other.getByRole("heading", { name: "That took too long" }).waitFor();
      await other.getByRole("link", { name: "Back to signing in" }).click();
      await other.getByRole("button", { name: "Sign in with Node" }).waitFor();

      // oidc-provider makes no accounts: what to do is said, and linking from inside helps.
      await other.getByRole("button", { name: "Sign in with Node" }).click();
      await other.getByRole("link", { name: "[ Cancel ]" }).click();
      await other.getByRole("heading", { name: "Node did not sign you in" }).waitFor();
      await other.getByRole("link", { name: "Back to signing in" }).click();
      await other.getByRole("button", { name: "Sign in with Node" }).click();
      await atNode(other, "stranger");
      await other.getByRole("heading", { name: "There is no account for you yet" }).waitFor();

      // An invite that is taken along makes one, for who is signed in there still.
      await other.goto(await inviteLink(owner));
      await other.getByRole("button", { name: "Join with Node" }).click();
      await composer(other).waitFor();
      await other.goto(`${server.url}/settings/profile`);
      await other.locator('input[name="email"]').waitFor();
      assert.equal(await other.locator('input[name="email"]').inputValue(), "stranger@node.example");

      await owner.goto(`${server.url}/settings/security`);
      await owner.getByRole("button", { name: "Link Node" }).click();
      await atNode(owner, "somebody");
      await owner.waitForURL(`${server.url}/settings/security`);
      const linked = owner.getByRole("list", { name: "Linked accounts" }).getByRole("listitem");
      await linked.filter({ hasText: "somebody@node.example" }).waitFor();

      // It signs the owner in elsewhere, and signing out ends the provider's session too.
      const laptop = await openPage(await browser.newContext());
      await laptop.goto(`${server.url}/login`);
      await laptop.getByRole("button", { name: "Sign in with Node" }).click();
      await atNode(laptop, "somebody");
      await composer(laptop).waitFor();
      await laptop.goto(`${server.url}/settings/sessions`);
      await laptop.getByRole("list", { name: "Sessions" }).getByText("by another provider").waitFor();
      await laptop.getByRole("button", { name: "Sign out" }).click();
      await laptop.getByRole("button", { name: "Yes, sign me out" }).click();
      await laptop.waitForURL(`${server.url}/login`);
      await laptop.getByRole("button", { name: "Sign in with Node" }).click();
      await laptop.getByPlaceholder("Enter any login").waitFor(); // it asks again

      await linked.getByRole("button", { name: "Unlink Node" }).click();
      await owner.getByRole("button", { name: "Unlink", exact: true }).click();
      await linked.first().waitFor({ state: "detached" });
    } finally {
      stopProviders();
      await server.stop();
    }
  });
}
