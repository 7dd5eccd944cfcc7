// Pages and dialogs over the app's own client against a real dankerchatd.
import { act, cleanup, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { call, type Server, startServer, tokenOf } from "../e2e/lib/server.mjs";
import { openAt, until } from "./browser";

const PASSWORD = "correct horse battery";

let server: Server;

beforeAll(async () => {
  server = await startServer();
  openAt(server);
  // jsdom has no modal dialogs; being open is what matters here.
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
  HTMLDialogElement.prototype.close = function () {
    this.open = false;
  };
  const code = new URL(server.link).searchParams.get("k");
  const owner = { workspace_name: "Example", username: "owner", display_name: "The Owner", password: PASSWORD };
  await call(server, null, "POST", "/setup", { code, ...owner });
});

afterEach(cleanup);

afterAll(async () => {
  const { disconnect } = await import("../src/api/connection");
  disconnect();
  await server?.stop();
});

it("refuses a wrong password and lets the right one in", async () => {
  const { default: LoginPage } = await import("../src/session/LoginPage");
  const { get } = await import("../src/store/store");
  const user = userEvent.setup();
  await act(async () => render(<LoginPage />)); // which waits for the list of providers
  await user.type(await screen.findByLabelText("User name or email"), "owner");
  await user.type(screen.getByLabelText("Password"), "not the password{Enter}");
  expect(await screen.findByRole("alert")).toHaveTextContent(/wrong/i);
  await user.clear(screen.getByLabelText("Password"));
  await user.type(screen.getByLabelText("Password"), `${PASSWORD}{Enter}`);
  await until(() => get().phase === "ready", "signed in");
  expect(get().me?.display_name).toBe("The Owner");
});

it("makes an invite link that the server honours", async () => {
  const { default: InviteDialog } = await import("../src/channels/InviteDialog");
  const user = userEvent.setup();
  render(<InviteDialog onClose={() => {}} />);
  await user.selectOptions(screen.getByLabelText("They join as"), "guest");
  await user.click(screen.getByRole("button", { name: "Create invite link" }));
  const link = (await screen.findByLabelText<HTMLInputElement>("Invite link")).value;
  const offer = await call(server, null, "GET", `/invites/${link.split("/").at(-1)}`);
  expect(offer).toMatchObject({ workspace_name: "Example", role: "guest" });
});

it("joins by the invite page, and says which field the server refuses", async () => {
  const token = await tokenOf(server, "owner", PASSWORD);
  const { code } = await call<{ code: string }>(server, token, "POST", "/admin/invites", { max_uses: 1 });
  const { set, get } = await import("../src/store/store");
  set({ me: null });
  const { default: InvitePage } = await import("../src/session/InvitePage");
  const user = userEvent.setup();
  render(<InvitePage code={code} />);
  await user.type(await screen.findByLabelText("Your name"), "The Member");
  const username = screen.getByLabelText("User name");
  expect(username).toHaveValue("the.member");
  await user.clear(username);
  await user.type(username, "owner");
  await user.type(screen.getByLabelText("Password"), PASSWORD);
  await user.click(screen.getByRole("button", { name: "Join" }));
  await waitFor(() => expect(username).toHaveAccessibleDescription(/taken/i));
  await user.clear(username);
  await user.type(username, "member");
  await user.click(screen.getByRole("button", { name: "Join" }));
  await until(() => get().me?.username === "member", "joined");
});

it("finds a channel and joins it", async () => {
  const token = await tokenOf(server, "owner", PASSWORD);
  await call(server, token, "POST", "/channels", { name: "ideas", kind: "public", topic: "What could be" });
  const { default: BrowseDialog } = await import("../src/channels/BrowseDialog");
  const { channelByName, get } = await import("../src/store/store");
  const user = userEvent.setup();
  render(<BrowseDialog onClose={() => {}} />);
  await user.type(screen.getByLabelText("Find a channel"), "could be");
  await user.click(await screen.findByRole("button", { name: /Join\s*ideas/ }));
  await until(() => channelByName(get(), "ideas") !== undefined, "it is in the sidebar");
});
