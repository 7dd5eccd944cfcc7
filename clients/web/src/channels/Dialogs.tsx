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
  // An answer that comes late closes the dialog that asked, and no other that was opened since.
  const close = () => {
    if (useDialog.getState().dialog === dialog) closeDialog();
  };
  const shown = {
    browse: () => <BrowseDialog onClose={close} />,
    "create-channel": () => <ChannelDialog onClose={close} />,
    "new-direct": () => <PeopleDialog conversation={null} onClose={close} />,
    invite: () => <InviteDialog onClose={close} />,
    "add-people": () => (
      <PeopleDialog conversation={"conversation" in dialog ? dialog.conversation : null} onClose={close} />
    ),
    "edit-channel": () => (
      <EditChannelDialog conversation={"conversation" in dialog ? dialog.conversation : ""} onClose={close} />
    ),
    status: () => <StatusDialog onClose={close} />,
    profile: () => <ProfileDialog user={"user" in dialog ? dialog.user : ""} onClose={close} />,
  }[dialog.name];
  return shown();
}
