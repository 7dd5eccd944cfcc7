import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import * as sample from "../../test/sample";
import type { User } from "../api/types";
import { MemberRow } from "../channels/MemberRow";
import { MessageRow } from "../messages/MessageRow";
import { set } from "../store/store";
import ProfileDialog from "./ProfileDialog";

afterEach(cleanup);

// A bot may have any name and picture; whatever shows its name says that it is one.
const bot: User = {
  id: "usr_b",
  username: "0wner",
  display_name: "Owner",
  role: "member",
  state: "active",
  bot: true,
  created_at: "2026-03-01T10:00:00.000Z",
};

const message = sample.message(1, {
  author: { id: bot.id, username: bot.username, display_name: bot.display_name, bot: true },
  text: "I am the owner",
});

it("says so beside a message, and to who does not see it", () => {
  render(
    <MessageRow
      message={message}
      head
      tabIndex={0}
      mine={false}
      calls={false}
      flash={false}
      editing={false}
      onEdit={() => {}}
    />,
  );
  expect(screen.getByText("bot")).toBeInTheDocument();
  expect(screen.getByRole("article")).toHaveAccessibleName(/^Owner, bot: I am the owner/);
});

it("says so in the list of members", () => {
  set({ users: { [bot.id]: bot } });
  const member = {
    user_id: bot.id,
    username: bot.username,
    display_name: bot.display_name,
    role: "member" as const,
    joined_at: "",
  };
  render(<MemberRow member={member} channel="cnv_a" removable={false} />);
  expect(screen.getByText("bot")).toBeInTheDocument();
});

it("says so in its profile", () => {
  set({ users: { [bot.id]: bot } });
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true; // jsdom has no modal dialogs
  };
  HTMLDialogElement.prototype.close = function () {
    this.open = false;
  };
  render(<ProfileDialog user={bot.id} onClose={() => {}} />);
  expect(screen.getByText("bot")).toBeInTheDocument();
});
