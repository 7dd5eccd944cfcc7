// On a phone one pane shows at a time: the list, or a conversation.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  assertNoFaults,
  composer,
  entry,
  inviteLink,
  join,
  openBrowser,
  openPage,
  row,
  send,
  setUp,
} from "./lib/people.mjs";
import { startServer } from "./lib/server.mjs";

let server;
let browser;
before(async () => {
  server = await startServer();
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

test("who joins by an invite lands among the messages, and from then on with the list", async () => {
  const owner = await openPage(await browser.newContext());
  await setUp(owner, server);
  await send(owner, "welcome in");
  const phone = await openPage(await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true }));
  await join(phone, await inviteLink(owner), { name: "The Member", username: "member" });
  await row(phone, "welcome in").waitFor();
  assert.equal(new URL(phone.url()).pathname, "/c/general");
  await phone.getByRole("button", { name: "Back to the list" }).click();
  await entry(phone, "random").waitFor();
  assert.equal(await composer(phone).count(), 0);
  await phone.goto(server.url);
  await entry(phone, "general").waitFor();
  assert.equal(await composer(phone).count(), 0);
  // Tabs scroll sideways: the one that is open is in view.
  await phone.goto(`${server.url}/settings/sessions`);
  const tab = await phone.getByRole("link", { name: "Sessions" }).boundingBox();
  assert.ok(tab.x >= 0 && tab.x + tab.width <= 390, JSON.stringify(tab));
  assertNoFaults(owner, phone);
});
