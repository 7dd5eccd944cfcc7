// Every screen in both themes before axe with no rule disabled; a narrow phone; the keyboard alone.
// A page is opened once and changes its theme as the system does: to open it takes the most time.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { violations } from "./lib/axe.mjs";
import {
  assertNoFaults,
  composer,
  finger,
  go,
  focused as inFocus,
  inviteLink,
  join,
  openBrowser,
  openPage,
  row,
  send,
  setUp,
  sidebar,
  tool,
  until,
} from "./lib/people.mjs";
import { startServer } from "./lib/server.mjs";

let server;
let browser;
let owner;
let member;
let link;

before(async () => {
  server = await startServer("sqlite");
  browser = await openBrowser();
  // axe is put into the page as a script, which the app's own policy would rightly refuse.
  const context = () => browser.newContext({ viewport: { width: 1280, height: 860 }, bypassCSP: true });
  owner = await openPage(await context());
  member = await openPage(await context());
  await setUp(owner, server);
  link = await inviteLink(owner);
  await join(member, link, { name: "The Member", username: "member" });
  await send(
    owner,
    "A **message** with `code`, a [link](https://example.org), @member and @channel\n\n> a quote\n\n- a list\n\n```\na fence\n```",
  );
  await send(member, "An answer to @owner, too");
  await row(owner, "An answer to").waitFor();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** axe finds nothing on the page as it stands, in either theme. */
async function assertAccessible(page) {
  const background = {};
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.waitForTimeout(250);
    background[colorScheme] = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    assert.deepEqual(await violations(page), [], colorScheme);
  }
  assert.notEqual(background.light, background.dark);
}

const dialog = (name) => async (page) => {
  await page.goto(`${server.url}/c/general`);
  await sidebar(page).getByRole("button", { name }).first().click();
  await page.getByRole("dialog").waitFor();
};

const SCREENS = {
  channel: async (page) => {
    await page.goto(`${server.url}/c/general`);
    await row(page, "An answer to").waitFor();
  },
  "message toolbar": async (page) => {
    await page.goto(`${server.url}/c/general`);
    await until(async () => {
      await row(page, "A message with").hover();
      return page.getByRole("toolbar").isVisible();
    }, "the toolbar");
  },
  "message editor": async (page) => {
    await page.goto(`${server.url}/c/general`);
    await row(page, "A message with").waitFor();
    await composer(page).press("ArrowUp");
    await page.getByLabel("Edit message").waitFor();
  },
  "delete dialog": async (page) => {
    await page.goto(`${server.url}/c/general`);
    await tool(page, "A message with", "Delete");
    await page.getByRole("dialog").waitFor();
  },
  "mention list": async (page) => {
    await page.goto(`${server.url}/c/general`);
    await composer(page).fill("");
    await composer(page).pressSequentially("@");
    await page.getByRole("listbox").waitFor();
  },
  details: async (page) => {
    await page.goto(`${server.url}/c/general`);
    await composer(page).fill("");
    await page.getByRole("button", { name: /Details/ }).click();
    await page.getByRole("complementary").getByText("The Member").waitFor();
  },
  "profile of somebody muted, folded messages": async (page) => {
    await page.goto(`${server.url}/c/general`);
    const answer = row(page, "An answer to");
    await answer.getByRole("button", { name: "The Member" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Mute" }).click();
    await page.getByText("You have muted this person").waitFor();
    await assertAccessible(page);
    await page.getByRole("button", { name: "Close" }).click();
    await row(page, "Message from a muted person").waitFor();
    await assertAccessible(page);
    await page.goto(`${server.url}/settings/muted`);
    await page.getByText("muted since").waitFor();
    await assertAccessible(page);
    await page.getByRole("button", { name: "Block… The Member" }).click();
    await page.getByRole("dialog").waitFor();
    await assertAccessible(page);
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Unmute The Member" }).click();
    await page.getByText("You have muted nobody.").waitFor();
  },
  "no such channel": async (page) => {
    await page.goto(`${server.url}/c/nothing-here`);
    await page.getByRole("heading", { name: "No channel #nothing-here" }).waitFor();
  },
  "no such conversation": async (page) => {
    await page.goto(`${server.url}/dm/cnv_nothing`);
    await page.getByRole("heading", { name: "No such conversation" }).waitFor();
  },
  "no such page": async (page) => {
    for (const path of ["settings/nothing", "admin/nothing", "nothing/here"]) {
      await page.goto(`${server.url}/${path}`);
      await page.getByRole("heading", { name: "Page not found" }).waitFor();
    }
    await page.getByRole("button", { name: "Back to the start" }).click();
    await composer(page).waitFor();
    await page.goto(`${server.url}/c/general/m/msg_nothing`);
    await page.getByText("This message does not exist").waitFor();
    await row(page, "A message with").waitFor();
    await page.waitForURL("**/c/general");
    await page.goto(`${server.url}/nothing/here`);
    await page.getByRole("heading", { name: "Page not found" }).waitFor();
  },
  "browse dialog": dialog("Browse channels"),
  "create dialog": dialog("Create a channel"),
  "people dialog": dialog("New direct message"),
  "invite dialog": dialog("Invite people"),
  "status dialog": dialog("set a status"),
  "account dialog": async (page) => {
    await page.goto(`${server.url}/admin/users`);
    await page.getByRole("button", { name: "Manage The Member" }).click();
    await page.getByRole("dialog").getByText("last used").waitFor();
  },
  "dialog over a dialog": async (page) => {
    await page.goto(`${server.url}/admin/users`);
    await page.getByRole("button", { name: "Manage The Member" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Make a link" }).click();
    await page.getByRole("dialog", { name: "A new password for The Member" }).waitFor();
  },
  ...Object.fromEntries(
    [
      "settings/profile",
      "settings/appearance",
      "settings/security",
      "settings/sessions",
      "settings/tokens",
      "settings/muted",
      "admin/overview",
      "admin/users",
      "admin/channels",
      "admin/invites",
      "admin/settings",
      "admin/audit",
    ].map((path) => [
      path,
      async (page) => {
        await page.goto(`${server.url}/${path}`);
        await page.locator("main h2").first().waitFor();
        await page.waitForLoadState("networkidle");
      },
    ]),
  ),
};

const SIGNED_OUT = {
  login: async (page) => {
    await page.goto(`${server.url}/login`);
    await page.getByRole("button", { name: "Sign in" }).waitFor();
  },
  "login refused": async (page) => {
    await page.goto(`${server.url}/login`);
    await page.getByLabel("User name or email").fill("owner");
    await page.getByLabel("Password").fill("a wrong password");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").filter({ hasText: /wrong/ }).waitFor();
  },
  ...Object.fromEntries(
    [
      ["login/forgot", "Forgot"],
      ["reset#wrong", "Choose a new password"],
      ["verify#wrong", "One click more"],
      ["handover", "This link does not work any more"],
      ["signup", ""],
      ["login/sso?error=access_denied", ""],
    ].map(([path, title]) => [
      path,
      async (page) => {
        await page.goto(`${server.url}/${path}`);
        await page.getByRole("heading", { name: title, level: 1 }).waitFor();
        await until(() => page.title().then((t) => t !== "DankerChat" || t), "the page has a name of its own");
      },
    ]),
  ),
  invite: async (page) => {
    await page.goto(link);
    await page.getByRole("button", { name: "Join" }).waitFor();
  },
  "spent invite": async (page) => {
    await page.goto(`${server.url}/invite/wrong`);
    await page.getByRole("heading", { name: "This invite does not work" }).waitFor();
  },
  "set up already": async (page) => {
    await page.goto(`${server.url}/setup#x`);
    await page.getByRole("heading", { name: "Already set up" }).waitFor();
  },
};

const fresh = () => browser.newContext({ bypassCSP: true, reducedMotion: "reduce" });

for (const [name, open] of Object.entries(SCREENS)) {
  test(`axe in light and dark: ${name}`, async () => {
    await owner.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
    await open(owner);
    await assertAccessible(owner);
  });
}

for (const [name, open] of Object.entries(SIGNED_OUT)) {
  test(`axe in light and dark: ${name}`, async () => {
    const page = await openPage(await fresh());
    await open(page);
    await assertAccessible(page);
    await page.context().close();
  });
}

test("axe in light and dark: setup", async () => {
  const unowned = await startServer("sqlite");
  try {
    const page = await openPage(await fresh());
    await page.goto(unowned.link);
    await page.getByRole("button", { name: "Create workspace" }).waitFor();
    await assertAccessible(page);
    await page.context().close();
  } finally {
    await unowned.stop();
  }
});

test("at 320 px nothing runs out of the page", async () => {
  const storageState = await owner.context().storageState();
  const context = await browser.newContext({
    viewport: { width: 320, height: 640 },
    isMobile: true,
    hasTouch: true,
    storageState,
    bypassCSP: true,
  });
  const phone = await openPage(context);
  const wide = () =>
    // Not innerWidth: a page that is too wide makes that wider as well.
    phone.evaluate(() => Math.max(document.documentElement.scrollWidth, document.body.scrollWidth, innerWidth) > 320);
  for (const path of [
    "",
    "c/general",
    "settings/profile",
    "settings/sessions",
    "settings/tokens",
    "admin/overview",
    "admin/users",
    "admin/audit",
  ]) {
    await phone.goto(`${server.url}/${path}`);
    await phone.locator("h1, h2").first().waitFor();
    await phone.waitForLoadState("networkidle");
    assert.equal(await wide(), false, `/${path} is wider than the screen`);
    assert.deepEqual(await violations(phone), [], `/${path}`);
  }
  // One pane at a time: in by a tap, back by the arrow.
  await phone.goto(server.url);
  await sidebar(phone).getByRole("link", { name: "general" }).tap();
  await composer(phone).waitFor();
  assert.equal(await sidebar(phone).count(), 0);
  await composer(phone).fill("from a phone");
  await phone.getByRole("button", { name: "Send" }).tap();
  await row(member, "from a phone").waitFor();
  // The tools come when a message is tapped, wherever that is: what comes under the finger is not pressed by it.
  const message = phone.getByRole("article", { name: /from a phone, \d/ });
  const edit = phone.getByRole("toolbar").getByRole("button", { name: "Edit" });
  await finger(phone, message, { x: 0.5, y: 0.4 }, () => edit.isVisible());
  // They stay when it is tapped again, and go when something else is.
  await finger(phone, message, { x: 0.1, y: 0.8 }, () => true);
  assert.equal(await edit.isVisible(), true, "a second tap takes the tools away");
  await finger(
    phone,
    phone.getByRole("heading", { level: 1 }),
    { x: 0.5, y: 0.5 },
    async () => !(await edit.isVisible()),
  );
  await phone.getByRole("button", { name: "Back to the list" }).tap();
  await sidebar(phone).waitFor();
  assertNoFaults(phone);
  await context.close();
});

test("the keyboard alone: sign in, walk, write, change, delete, make a channel, open the settings", async () => {
  const page = await openPage(await browser.newContext({ viewport: { width: 1280, height: 860 } }));
  const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const focused = () =>
    page.evaluate(
      () => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? "",
    );
  await page.goto(`${server.url}/login?next=/c/general`);
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  await page.keyboard.type("member");
  await press("Tab");
  await page.keyboard.type("correct horse battery");
  await press("Enter");
  await composer(page).waitFor();
  await until(() => focused().then((f) => f === "Message #general" || f), "the composer has the focus");
  await page.keyboard.type("by keyboard");
  await press("Enter");
  await row(member, "by keyboard").waitFor();
  // Once the server has it, it can be changed.
  await page.getByRole("article", { name: /by keyboard, \d/ }).waitFor();
  // F6 leads to the messages, the arrow keys through them, e edits.
  await press("Shift+F6");
  await until(() => focused().then((f) => /by keyboard/.test(f) || f), "the last message has the focus");
  await press("ArrowUp");
  await until(() => focused().then((f) => !/by keyboard/.test(f) || f), "the one before has the focus");
  await press("ArrowDown");
  await until(() => focused().then((f) => /by keyboard/.test(f) || f), "the last message has the focus again");
  await press("e");
  await inFocus(page.getByLabel("Edit message"));
  await page.keyboard.type(", changed");
  await press("Enter");
  await row(page, "by keyboard, changed").waitFor();
  await until(() => focused().then((f) => f === "Message #general" || f), "the composer has the focus again");
  await press("Shift+F6");
  await until(() => focused().then((f) => /changed/.test(f) || f), "the message has the focus");
  for (let i = 0; i < 8 && (await focused()) !== "Delete"; i++) await press("Tab");
  await press("Enter");
  await page.getByRole("dialog").waitFor();
  for (let i = 0; i < 4 && (await focused()) !== "Delete"; i++) await press("Tab");
  await press("Enter");
  await until(
    () =>
      row(page, "by keyboard, changed")
        .count()
        .then((n) => n === 0),
    "it is deleted",
  );
  // Alt+arrow to another conversation, and a channel by the sidebar's button.
  await press("Alt+ArrowDown");
  await page.waitForURL("**/c/random");
  await inFocus(page.getByLabel("Message #random"));
  await press("F6");
  for (let i = 0; i < 20 && (await focused()) !== "Create a channel"; i++) await press("Shift+Tab");
  await press("Enter");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.type("by-keyboard");
  await press("Enter");
  await page.waitForURL("**/c/by-keyboard");
  await inFocus(page.getByLabel("Message #by-keyboard"));
  // To the settings, at the foot of the sidebar.
  await press("F6");
  for (let i = 0; i < 20 && (await focused()) !== "Settings"; i++) await press("Tab");
  await press("Enter");
  await page.waitForURL("**/settings/profile");
  await page.getByLabel("User name").waitFor();
  assertNoFaults(page);
  await page.context().close();
});

test("no page had a fault", async () => {
  await go(member, /general/);
  assertNoFaults(owner, member);
});
