import { useState } from "react";
import type { Channel } from "../api/types";
import { useStore } from "../store/store";
import { Button } from "../ui/Button";
import { Dialog, dialogStyles } from "../ui/Dialog";
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
      <SelectField
        label="New owner"
        options={people.map((u) => [u.id, `${u.display_name} (@${u.username})`] as const)}
        value={owner}
        onChange={(event) => setOwner(event.target.value)}
      />
      <div className={dialogStyles.actions}>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          look="primary"
          disabled={!owner}
          onClick={() => {
            onClose();
            onChoose(owner);
          }}
        >
          Change owner
        </Button>
      </div>
    </Dialog>
  );
}
