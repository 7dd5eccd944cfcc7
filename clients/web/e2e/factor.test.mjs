// The second factor: an authenticator app, recovery codes, a role that demands one.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { assertNoFaults, composer, inviteLink, join, openBrowser, openPage, PASSWORD, setUp } from "./lib/people.mjs";
import { ENGINES, startServer } from "./lib/server.mjs";
import { authenticator } from "./lib/totp.mjs";

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

async function signIn(page, server, username, path = "/c/general") {
  await page.goto(`${server.url}${path}`);
  await page.getByLabel("User name or email").fill(username);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Goes through the set-up that is on the page; returns the app and the recovery codes. */
async function enrol(page) {
  await page.getByRole("button", { name: "Set up an authenticator app" }).click();
  await page.getByRole("img", { name: "QR code for an authenticator app" }).waitFor();
  const secret = (await page.getByTestId("totp-secret").textContent()).replaceAll(" ", "");
  const app = authenticator(secret);
  await page.getByLabel("Code of your authenticator app").fill(await app.code());
  await page.getByRole("button", { name: "Turn on" }).click();
  await page.getByRole("button", { name: "I have them" }).waitFor();
  const codes = await page.getByRole("list", { name: "Recovery codes" }).getByRole("listitem").allInnerTexts();
  assert.equal(codes.length, 10);
  return { app, codes };
}

for (const engine of ENGINES) {
  test(`enrol, sign in by code, by recovery code, and remove (${engine})`, async () => {
    const server = await startServer(engine);
    try {
      const context = await browser.newContext({ acceptDownloads: true });
      const owner = await openPage(context);
      await setUp(owner, server);
      await owner.goto(`${server.url}/settings/security`);
      const { app, codes } = await enrol(owner);
      const [download] = await Promise.all([
        owner.waitForEvent("download"),
        owner.getByRole("link", { name: "Download" }).click(),
      ]);
      const file = readFileSync(await download.path(), "utf8");
      for (const code of codes) assert.ok(file.includes(code), "a code is missing in the file");
      await owner.getByRole("button", { name: "I have them" }).click();
      await owner.getByText("10 of 10 left").waitFor();
      assert.equal(await owner.getByText(codes[0]).count(), 0, "the codes are shown again");

      // Elsewhere: the password alone shows nothing of the workspace, on no path.
      const page = await openPage(await browser.newContext());
      await signIn(page, server, "owner", "/settings/sessions");
      await page.getByLabel("Code of your authenticator app").waitFor();
      await page.goto(`${server.url}/c/general`);
      await page.waitForURL(/\/login\/second-factor\?next=/);
      assert.equal(await composer(page).count(), 0);
      const refused = await page.evaluate(() =>
        fetch("/api/v1/sync").then(async (r) => [r.status, (await r.json()).code]),
      );
      assert.deepEqual(refused, [401, "mfa_required"]);
      await page.getByLabel("Code of your authenticator app").fill(app.wrong());
      await page.getByRole("button", { name: "Continue" }).click();
      await page.getByText(/the code is wrong/i).waitFor();
      await page.getByLabel("Code of your authenticator app").fill(await app.code());
      await page.getByRole("button", { name: "Continue" }).click();
      await composer(page).waitFor();
      assert.ok(page.url().endsWith("/c/general"), page.url());

      // Without the phone: a recovery code, once.
      const lost = await openPage(await browser.newContext());
      await signIn(lost, server, "owner");
      await lost.getByRole("button", { name: "Use a recovery code" }).click();
      await lost.getByLabel("Recovery code").fill(codes[0].toUpperCase());
      await lost.getByRole("button", { name: "Continue" }).click();
      await composer(lost).waitFor();
      const again = await openPage(await browser.newContext());
      await signIn(again, server, "owner");
      await again.getByRole("button", { name: "Use a recovery code" }).click();
      await again.getByLabel("Recovery code").fill(codes[0]);
      await again.getByRole("button", { name: "Continue" }).click();
      await again.getByText(/the code is wrong/i).waitFor();
      await again.getByRole("button", { name: "Sign out" }).click();
      await again.getByLabel("User name or email").waitFor();

      // New codes, then away with it: the password alone signs in.
      await lost.goto(`${server.url}/settings/security`);
      await lost.getByText("9 of 10 left").waitFor();
      await lost.getByRole("button", { name: "New codes" }).click();
      await lost.getByRole("button", { name: "Make new codes" }).click();
      await lost.getByRole("button", { name: "I have them" }).click();
      await lost.getByText("10 of 10 left").waitFor();
      await lost.getByRole("button", { name: "Remove" }).click();
      await lost.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
      await lost.getByRole("button", { name: "Set up an authenticator app" }).waitFor();
      await signIn(again, server, "owner");
      await composer(again).waitFor();
      assertNoFaults(owner, page, lost, again);
    } finally {
      await server.stop();
    }
  });
}

test("a role comes to demand a second factor; an administrator resets one", async () => {
  const server = await startServer("sqlite");
  try {
    const owner = await openPage(await browser.newContext());
    const member = await openPage(await browser.newContext());
    await setUp(owner, server);
    await join(member, await inviteLink(owner), { name: "The Member", username: "member" });
    await owner.goto(`${server.url}/admin/settings`);
    await owner.getByLabel("A second factor is needed by").selectOption({ label: "Everybody" });
    await owner.getByRole("button", { name: "Save", exact: true }).click();
    // It is needed by the one who demands it, too: the open socket is closed, and a page opened anew says the same.
    await owner.waitForURL(/\/login\/enrol/);
    await owner.reload();
    await owner.waitForURL(/\/login\/enrol/);
    await enrol(owner);
    await owner.getByRole("button", { name: "I have them" }).click();
    await owner.waitForURL(/\/admin\/settings/);

    await member.reload();
    await member.getByRole("heading", { name: "Set up a second factor" }).waitFor();
    const { app } = await enrol(member);
    await member.getByRole("button", { name: "I have them" }).click();
    await composer(member).waitFor();
    await member.goto(`${server.url}/settings/security`);
    await member.getByRole("button", { name: "Remove" }).click();
    await member.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await member.getByText(/needs a second factor/i).waitFor();

    await owner.goto(`${server.url}/admin/users`);
    await owner.getByRole("button", { name: "Manage The Member" }).click();
    const account = owner.getByRole("dialog", { name: "The Member", exact: true });
    await account.getByRole("button", { name: "Reset 2FA" }).click();
    await owner.getByRole("dialog").getByRole("button", { name: "Reset", exact: true }).click();
    await member.getByLabel("User name or email").waitFor(); // signed out everywhere
    await signIn(member, server, "member");
    await member.getByRole("heading", { name: "Set up a second factor" }).waitFor();
    assert.ok(app);

    await account.getByRole("button", { name: "Close" }).click();
    await owner.getByRole("button", { name: "Manage The Member" }).click();
    await account.getByRole("list", { name: "Sessions" }).getByRole("listitem").waitFor();
    await account.getByRole("button", { name: "Sign out everywhere" }).click();
    await account.getByText("Signed in nowhere.").waitFor();
    await member.reload();
    await member.getByLabel("User name or email").waitFor();

    await account.getByRole("button", { name: "Delete" }).click();
    await owner.getByRole("dialog").getByRole("button", { name: "Delete for good" }).click();
    await owner.getByRole("button", { name: "Manage The Member" }).waitFor({ state: "detached" });
    await signIn(member, server, "member");
    await member.getByText(/User name or password is/).waitFor();
    assertNoFaults(owner, member);
  } finally {
    await server.stop();
  }
});
