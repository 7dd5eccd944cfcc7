// Other devices: one is let in by a code, one goes on by a link that works once.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertNoFaults, composer, openBrowser, openPage, PASSWORD, setUp, until } from "./lib/people.mjs";
import { ENGINES, startServer } from "./lib/server.mjs";

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

const post = (server, path, body) =>
  fetch(`${server.url}/api/v1${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  }).then(async (r) => ({ status: r.status, body: await r.json() }));

for (const engine of ENGINES) {
  test(`a device is let in by its code, another refused (${engine})`, async () => {
    const server = await startServer(engine);
    try {
      const owner = await openPage(await browser.newContext());
      await setUp(owner, server);
      const { body: device } = await post(server, "/auth/device", { client: "dankerchat/1.0 (desk on Linux)" });

      // The link leads through the login and keeps the code.
      const page = await openPage(await browser.newContext());
      await page.goto(device.verification_uri_complete);
      await page.getByLabel("User name or email").fill("owner");
      await page.getByLabel("Password").fill(PASSWORD);
      await page.getByRole("button", { name: "Sign in", exact: true }).click();
      await page.getByRole("heading", { name: "Sign a device in" }).waitFor();
      assert.equal(await page.getByLabel("Code").inputValue(), device.user_code);
      await page.getByRole("button", { name: "Continue" }).click();
      await page.getByText("dankerchat/1.0 (desk on Linux)").waitFor();
      await page.getByRole("button", { name: "Let it in" }).click();
      await page.getByRole("heading", { name: "The device is signed in" }).waitFor();
      const got = await post(server, "/auth/device/token", { device_code: device.device_code });
      assert.deepEqual([got.status, got.body.session.device], [200, "desk on Linux"]);
      await owner.goto(`${server.url}/settings/sessions`);
      await owner.getByRole("list", { name: "Sessions" }).getByText("desk on Linux", { exact: true }).waitFor();

      const { body: other } = await post(server, "/auth/device", {});
      await page.goto(`${server.url}/device`);
      await page.getByLabel("Code").fill("BCDF-GHJK");
      await page.getByRole("button", { name: "Continue" }).click();
      await page.getByText(/not found|no device/i).waitFor();
      await page.getByLabel("Code").fill(other.user_code.toLowerCase());
      await page.getByRole("button", { name: "Continue" }).click();
      await page.getByRole("button", { name: "Refuse" }).click();
      await page.getByRole("heading", { name: "The device was refused" }).waitFor();
      const refused = await post(server, "/auth/device/token", { device_code: other.device_code });
      assert.deepEqual([refused.status, refused.body.code], [400, "access_denied"]);
      assertNoFaults(owner);
    } finally {
      await server.stop();
    }
  });

  test(`a session goes on on another device, once (${engine})`, async () => {
    const server = await startServer(engine);
    try {
      const owner = await openPage(await browser.newContext());
      await setUp(owner, server);
      await owner.goto(`${server.url}/settings/sessions`);
      // Read on its way: the browser does not keep an answer for whoever asks later.
      let url;
      await owner.route("**/me/sessions/hand-over", async (route) => {
        const answer = await route.fetch();
        ({ url } = await answer.json());
        await route.fulfill({ response: answer });
      });
      await owner.getByRole("button", { name: "Show the code" }).click();
      await owner.getByRole("img", { name: "QR code that signs another device in" }).waitFor();

      const phone = await openPage(await browser.newContext());
      await phone.goto(url);
      await phone.getByRole("button", { name: "Sign in on this device" }).waitFor();
      await until(() => new URL(phone.url()).hash === "" || phone.url(), "the code is gone from the address");
      await phone.getByRole("button", { name: "Sign in on this device" }).click();
      await composer(phone).waitFor();

      const third = await openPage(await browser.newContext());
      await third.goto(url);
      await third.getByRole("button", { name: "Sign in on this device" }).click();
      await third.getByRole("heading", { name: "This link does not work any more" }).waitFor();

      await owner.reload();
      await owner.getByRole("list", { name: "Sessions" }).getByText("from another device").waitFor();
      await owner.getByRole("button", { name: "End all, this one too" }).click();
      await owner.getByLabel("Password").waitFor();
      await phone.getByLabel("Password").waitFor();
    } finally {
      await server.stop();
    }
  });
}
