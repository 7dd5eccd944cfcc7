import { useState } from "react";
import type { Channel } from "../api/types";
import { useStore } from "../store/store";
import { Dialog, dialogStyles } from "../ui/Dialog";
import { DialogFoot } from "../ui/DialogFoot";
import { SelectField } from "../ui/SelectField";

interface Props {
  channel: Channel;
  onChoose(user: string): void;
  onClose(): void;
}

/** Gives a channel to somebody, who joins it if need be. */
export function OwnerDialog({ channel, onChoose, onClose }: Props) {
  const users = useStore((s) => s.users);
  const people = Object.values(users)
    .filter((u) => u.state === "active")
    .sort((a, b) => a.display_name.localeCompare(b.display_name));
  const [owner, setOwner] = useState(people[0]?.id ?? "");
  return (
    <Dialog title={`Change the owner of #${channel.name}`} onClose={onClose}>
      <form
        className={dialogStyles.form}
        onSubmit={(event) => {
          event.preventDefault();
          onClose();
          onChoose(owner);
        }}
      >
        <SelectField
          label="New owner"
          options={people.map((u) => [u.id, `${u.display_name} (@${u.username})`] as const)}
          value={owner}
          onChange={(event) => setOwner(event.target.value)}
        />
        <DialogFoot busy={!owner} action="Change owner" onClose={onClose} />
      </form>
    </Dialog>
  );
}
