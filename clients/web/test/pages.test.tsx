// Pages and dialogs over the app's own client against a real dankerchatd.
import { act, cleanup, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { call, type Server, startServer, tokenOf } from "../e2e/lib/server.mjs";
import type { Channel, Message } from "../src/api/types";
import type { Conversation } from "../src/store/state";
import { cutOff, holdBack, loseAnswer, openAt, refuse, until } from "./browser";

const PASSWORD = "correct horse battery";

let server: Server;

const byName = async (name: string) =>
  call<Channel>(server, await tokenOf(server, "member", PASSWORD), "GET", `/channels/by-name/${name}`);

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
  const code = new URL(server.link).hash.slice(1);
  const owner = { workspace_name: "Example", username: "owner", display_name: "The Owner", password: PASSWORD };
  await call(server, null, "POST", "/setup", { code, ...owner });
});

afterEach(cleanup);

afterAll(async () => {
  const { disconnect } = await import("../src/api/connection");
  disconnect();
  await server?.stop();
});

it("shows the form to sign in on a network so slow that the list of providers is not there in time", async () => {
  const lists = Array.from({ length: 20 }, () => holdBack("/auth/providers"));
  const { default: LoginPage } = await import("../src/session/LoginPage");
  await act(async () => render(<LoginPage />));
  expect(await screen.findByLabelText("Password")).toBeVisible();
  for (const list of lists) list.go();
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

it("makes one invite though the answer was lost, and says that its link is lost", async () => {
  const token = await tokenOf(server, "owner", PASSWORD);
  const made = async () => (await call<{ data: unknown[] }>(server, token, "GET", "/admin/invites")).data.length;
  const { default: InviteDialog } = await import("../src/channels/InviteDialog");
  const user = userEvent.setup();
  const before = await made();
  render(<InviteDialog onClose={() => {}} />);
  loseAnswer("/admin/invites");
  await user.click(screen.getByRole("button", { name: "Create invite link" }));
  expect(await screen.findByRole("alert")).toHaveTextContent(/nothing is made twice/);
  await user.click(screen.getByRole("button", { name: "Create invite link" }));
  await waitFor(() => expect(screen.getByRole("alert")).toHaveTextContent(/lost on its way/));
  expect(await made()).toBe(before + 1);
  await user.click(screen.getByRole("button", { name: "Create invite link" }));
  expect(await screen.findByLabelText("Invite link")).toBeVisible();
  expect(await made()).toBe(before + 2);
});

it("makes one API token though the answer was lost, and shows it in the list", async () => {
  const token = await tokenOf(server, "owner", PASSWORD);
  const { TokensTab } = await import("../src/settings/TokensTab");
  const user = userEvent.setup();
  render(<TokensTab />);
  await user.type(screen.getByLabelText("Name"), "deploy");
  loseAnswer("/me/tokens");
  await user.click(screen.getByRole("button", { name: "Create token" }));
  expect(await screen.findByRole("button", { name: /Revoke\s*deploy/ })).toBeVisible();
  await new Promise((resolve) => setTimeout(resolve, 5)); // the end of its life must not make it another request
  await user.click(screen.getByRole("button", { name: "Create token" }));
  await waitFor(() => expect(screen.getByRole("alert")).toHaveTextContent(/lost on its way/));
  const { data } = await call<{ data: { name: string }[] }>(server, token, "GET", "/me/tokens");
  expect(data.filter((t) => t.name === "deploy")).toHaveLength(1);
});

it("makes a channel once and goes there, though the first answer was lost and the dialog was opened anew", async () => {
  const { default: ChannelDialog } = await import("../src/channels/ChannelDialog");
  const user = userEvent.setup();
  history.replaceState(null, "", "/c/general");
  loseAnswer("/channels");
  const first = render(<ChannelDialog onClose={() => {}} />);
  await user.type(screen.getByLabelText("Name"), "heard-once{Enter}");
  expect(await screen.findByRole("alert")).toHaveTextContent(/nothing is made twice/);
  first.unmount();
  const closed = vi.fn();
  render(<ChannelDialog onClose={closed} />);
  await user.type(screen.getByLabelText("Name"), "heard-once{Enter}");
  await waitFor(() => expect(closed).toHaveBeenCalled());
  expect(location.pathname).toBe("/c/heard-once");
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

it("takes a busy server for no word on an invite", async () => {
  const token = await tokenOf(server, "owner", PASSWORD);
  const { code } = await call<{ code: string }>(server, token, "POST", "/admin/invites", { max_uses: 1 });
  const { set, get } = await import("../src/store/store");
  const { me } = get();
  set({ me: null });
  const { default: InvitePage } = await import("../src/session/InvitePage");
  const user = userEvent.setup();
  refuse(`/invites/${code}`);
  await act(async () => render(<InvitePage code={code} />));
  await user.click(await screen.findByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("heading", { name: "Join Example" })).toBeVisible();
  set({ me });
});

it("keeps what another tab saved of the message that is being edited", async () => {
  const token = await tokenOf(server, "member", PASSWORD);
  const general = await byName("general");
  const sent = await call<Message>(server, token, "POST", `/conversations/${general.id}/messages`, { text: "one" });
  const { default: Editor } = await import("../src/messages/Editor");
  const user = userEvent.setup();
  const { rerender } = render(<Editor message={sent} onClose={() => {}} />);
  const edited = await call<Message>(server, token, "PATCH", `/messages/${sent.id}`, { text: "two" });
  rerender(<Editor message={edited} onClose={() => {}} />);
  await user.type(screen.getByLabelText("Edit message"), " and a half");
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByRole("alert")).toHaveTextContent(/changed elsewhere/);
});

it("saves a message again whose first answer was lost", async () => {
  const token = await tokenOf(server, "member", PASSWORD);
  const general = await byName("general");
  const sent = await call<Message>(server, token, "POST", `/conversations/${general.id}/messages`, { text: "one" });
  const { default: Editor } = await import("../src/messages/Editor");
  const user = userEvent.setup();
  const closed = vi.fn();
  loseAnswer(`/messages/${sent.id}`);
  const { rerender } = render(<Editor message={sent} onClose={closed} />);
  await user.type(screen.getByLabelText("Edit message"), ", two{Enter}");
  expect(await screen.findByRole("alert")).toHaveTextContent(/cannot be reached/);
  rerender(<Editor message={await call<Message>(server, token, "GET", `/messages/${sent.id}`)} onClose={closed} />);
  await user.type(screen.getByLabelText("Edit message"), ", three{Enter}");
  await waitFor(() => expect(closed).toHaveBeenCalled());
  expect((await call<Message>(server, token, "GET", `/messages/${sent.id}`)).text).toBe("one, two, three");
});

it("follows a channel to its new name", async () => {
  // jsdom has no media queries.
  vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener() {}, removeEventListener() {} }));
  const { ChannelRoute } = await import("../src/messages/ChannelRoute");
  const { get, set } = await import("../src/store/store");
  const { emptyState } = await import("../src/store/state");
  const before = get();
  const named = (name: string) => {
    const channel = { ...(before.conversations[id]?.channel as Channel), name };
    return { conversations: { [id]: { ...(before.conversations[id] as Conversation), channel } } };
  };
  const id = Object.values(before.conversations).find((c) => c.channel)?.conversation_id ?? "";
  set({ ...emptyState, me: before.me, ...named("before") });
  history.replaceState(null, "", "/c/before/m/msg_1");
  render(<ChannelRoute name="before" target="msg_1" />);
  act(() => set(named("after")));
  expect(location.pathname).toBe("/c/after/m/msg_1");
  cleanup();
  set(before);
  vi.unstubAllGlobals();
});

it("says that a page is not there, and does so of a conversation when that is known", async () => {
  vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener() {}, removeEventListener() {} }));
  const nothing = () => {};
  class ResizeObserver {
    observe = nothing;
    unobserve = nothing;
    disconnect = nothing;
  }
  vi.stubGlobal("ResizeObserver", ResizeObserver);
  const { Shell } = await import("../src/Shell");
  history.replaceState(null, "", "/nothing/here");
  render(<Shell />);
  expect(await screen.findByRole("heading", { name: "Page not found" })).toBeVisible();
  const asked = holdBack("/conversations/cnv_nothing");
  act(() => history.pushState(null, "", "/dm/cnv_nothing"));
  await asked.came;
  expect(screen.queryByRole("heading", { name: "No such conversation" })).toBeNull();
  asked.go();
  expect(await screen.findByRole("heading", { name: "No such conversation" })).toBeVisible();
  cutOff("/conversations/cnv_other");
  act(() => history.pushState(null, "", "/dm/cnv_other"));
  expect(await screen.findByRole("heading", { name: "The conversation could not be loaded" })).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("heading", { name: "No such conversation" })).toBeVisible();
  act(() => history.pushState(null, "", "/c/%E0%A4%A"));
  expect(await screen.findByRole("heading", { name: /^No channel/ })).toBeVisible();
  cleanup();
  vi.unstubAllGlobals();
});

it("goes nowhere when a dialog was closed before its slow answer came", async () => {
  const { default: ChannelDialog } = await import("../src/channels/ChannelDialog");
  const { channelByName, get } = await import("../src/store/store");
  const user = userEvent.setup();
  history.replaceState(null, "", "/c/general");
  const answer = holdBack("/channels");
  const closed = vi.fn();
  const { unmount } = render(<ChannelDialog onClose={closed} />);
  await user.type(screen.getByLabelText("Name"), "slowly{Enter}");
  await answer.came;
  unmount();
  const conversation = `/conversations/${(await byName("slowly")).id}`;
  const fetched = holdBack(conversation);
  answer.go();
  await fetched.came;
  fetched.go();
  await until(() => channelByName(get(), "slowly") !== undefined, "the channel is here");
  await act(async () => {});
  expect([closed.mock.calls.length, location.pathname]).toEqual([0, "/c/general"]);
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

it("makes one account though the answer was lost, and says that it is there", async () => {
  const token = await tokenOf(server, "owner", PASSWORD);
  const { code } = await call<{ code: string }>(server, token, "POST", "/admin/invites", { max_uses: 2 });
  const { get, set } = await import("../src/store/store");
  const { me } = get();
  set({ me: null });
  const { default: InvitePage } = await import("../src/session/InvitePage");
  const user = userEvent.setup();
  render(<InvitePage code={code} />);
  await user.type(await screen.findByLabelText("Your name"), "Once");
  await user.type(screen.getByLabelText("Password"), PASSWORD);
  loseAnswer("/auth/signup");
  await user.click(screen.getByRole("button", { name: "Join" }));
  expect(await screen.findByRole("alert")).toHaveTextContent(/nothing is made twice/);
  await user.click(screen.getByRole("button", { name: "Join" }));
  await waitFor(() => expect(screen.getByRole("alert")).toHaveTextContent(/Sign in with it/));
  expect(screen.getByRole("link", { name: "I have an account" })).toHaveAttribute("href", "/login");
  set({ me });
});
