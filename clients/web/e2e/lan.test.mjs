// A LAN without TLS: an invite opened under a host name that is not loopback, over plain
// http, where browsers withhold what they call powerful features.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  assertNoFaults,
  composer,
  inviteLink,
  join,
  openBrowser,
  openPage,
  row,
  send,
  setUp,
  until,
} from "./lib/people.mjs";
import { startServer } from "./lib/server.mjs";

const HOST = "chat.lan.test";

let server;
let browser;

before(async () => {
  server = await startServer("sqlite", HOST);
  browser = await openBrowser([`--host-resolver-rules=MAP ${HOST} 127.0.0.1`]);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

test("an invite works under a host name over plain http", async () => {
  const owner = await openPage(await browser.newContext());
  await setUp(owner, server);
  assert.equal(new URL(owner.url()).hostname, HOST);
  assert.equal(await owner.evaluate(() => isSecureContext), false);
  const link = await inviteLink(owner);
  assert.equal(new URL(link).hostname, HOST);
  const member = await openPage(await browser.newContext());
  await join(member, link, { name: "The Member", username: "member" });
  await send(member, "over plain http");
  await row(owner, "over plain http").waitFor();
  await send(owner, "and back");
  await row(member, "and back").waitFor();
  // Copying works without the Clipboard API, too.
  await owner.getByRole("navigation", { name: "Conversations" }).getByRole("button", { name: "Invite people" }).click();
  await owner.getByRole("button", { name: "Create invite link" }).click();
  const shown = await owner.getByLabel("Invite link").inputValue();
  // Looked for before it is there, since it stays for moments only.
  await Promise.all([
    owner.getByRole("button", { name: "Copied" }).waitFor(),
    owner.getByRole("button", { name: "Copy link" }).click(),
  ]);
  await owner.keyboard.press("Escape");
  await composer(owner).fill("");
  await composer(owner).press("Control+V");
  await until(
    () =>
      composer(owner)
        .inputValue()
        .then((text) => text === shown || text),
    "it is pasted",
  );
  assertNoFaults(owner, member);
});
