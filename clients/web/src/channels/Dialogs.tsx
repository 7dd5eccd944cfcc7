import { lazy, Suspense } from "react";
import { closeDialog, useDialog } from "./dialogs";

const BrowseDialog = lazy(() => import("./BrowseDialog"));
const ChannelDialog = lazy(() => import("./ChannelDialog"));
const EditChannelDialog = lazy(() => import("./EditChannelDialog"));
const PeopleDialog = lazy(() => import("./PeopleDialog"));
const StatusDialog = lazy(() => import("../session/StatusDialog"));
const ProfileDialog = lazy(() => import("../session/ProfileDialog"));
const InviteDialog = lazy(() => import("./InviteDialog"));

/** The one dialog of the shell that is open. */
export function Dialogs() {
  const dialog = useDialog((s) => s.dialog);
  if (!dialog) return null;
  const shown = {
    browse: () => <BrowseDialog onClose={closeDialog} />,
    "create-channel": () => <ChannelDialog onClose={closeDialog} />,
    "new-direct": () => <PeopleDialog conversation={null} onClose={closeDialog} />,
    invite: () => <InviteDialog onClose={closeDialog} />,
    "add-people": () => (
      <PeopleDialog conversation={"conversation" in dialog ? dialog.conversation : null} onClose={closeDialog} />
    ),
    "edit-channel": () => (
      <EditChannelDialog conversation={"conversation" in dialog ? dialog.conversation : ""} onClose={closeDialog} />
    ),
    status: () => <StatusDialog onClose={closeDialog} />,
    profile: () => <ProfileDialog user={"user" in dialog ? dialog.user : ""} onClose={closeDialog} />,
  }[dialog.name];
  return <Suspense fallback={null}>{shown()}</Suspense>;
}
