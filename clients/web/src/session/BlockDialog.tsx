import { ConfirmDialog } from "../ui/ConfirmDialog";
import { mute } from "./mute";

interface Props {
  user: string;
  name: string;
  onClose(): void;
}

/** Asks before somebody is blocked, and says what that means. */
export function BlockDialog({ user, name, onClose }: Props) {
  return (
    <ConfirmDialog
      title={`Block ${name}?`}
      text={`The two of you cannot write to one another directly any more; what was written stays. In channels ${name}'s messages are folded. They are not told, and you can unblock them at any time.`}
      action="Block"
      onConfirm={() => void mute(user, "blocked")}
      onClose={onClose}
    />
  );
}
