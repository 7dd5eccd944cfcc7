import { later } from "../ui/later";
import { closeDialog, useDialog } from "./dialogs";

const BrowseDialog = later(() => import("./BrowseDialog"));
const ChannelDialog = later(() => import("./ChannelDialog"));
const EditChannelDialog = later(() => import("./EditChannelDialog"));
const PeopleDialog = later(() => import("./PeopleDialog"));
const StatusDialog = later(() => import("../session/StatusDialog"));
const ProfileDialog = later(() => import("../session/ProfileDialog"));
const InviteDialog = later(() => import("./InviteDialog"));

/** The one dialog of the shell that is open. */
export default function Dialogs() {
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
  return shown();
}
