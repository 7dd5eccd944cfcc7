import { useState } from "react";
import { useLocation } from "wouter";
import { openDirect } from "../channels/openDirect";
import { useMe, useStore } from "../store/store";
import { Avatar } from "../ui/Avatar";
import { Button } from "../ui/Button";
import { Dialog, dialogStyles } from "../ui/Dialog";
import { Icon } from "../ui/Icon";
import { Presence } from "../ui/Presence";
import { dateText } from "../ui/time";
import { useStatus } from "../ui/useStatus";
import { BlockDialog } from "./BlockDialog";
import { clockIn } from "./clock";
import { mute } from "./mute";
import styles from "./ProfileDialog.module.css";

/** Who somebody is. */
export default function ProfileDialog({ user: id, onClose }: { user: string; onClose(): void }) {
  const user = useStore((s) => s.users[id]);
  const asked = useStore((s) => s.workspace.profile_fields);
  const me = useMe();
  const status = useStatus(id);
  const [, navigate] = useLocation();
  const level = useStore((s) => s.muted[id]);
  const [blocking, setBlocking] = useState(false);
  if (!user) return null;
  if (blocking) return <BlockDialog user={id} name={user.display_name} onClose={() => setBlocking(false)} />;
  const facts = [
    ["Account", user.bot && "bot"],
    ["Pronouns", user.pronouns],
    ["Local time", user.time_zone && clockIn(user.time_zone)],
    ...asked.map(({ key, label }) => [label, user.fields?.[key]] as const),
    ["Role", user.role === "member" ? undefined : user.role],
    ["Formerly", user.former_names?.map((name) => `@${name}`).join(", ")],
  ].filter((fact): fact is [string, string] => Boolean(fact[1]));
  return (
    <Dialog title={user.display_name} onClose={onClose}>
      <div className={styles.head}>
        <Avatar id={id} name={user.display_name} size={64} />
        <div>
          <p>
            @{user.username} <Presence user={id} />
          </p>
          {user.title && <p className={styles.title}>{user.title}</p>}
          {status && (
            <p className={styles.status}>
              {status.emoji} {status.text}
              {status.expires_at && <span className={styles.until}> until {dateText(status.expires_at)}</span>}
            </p>
          )}
        </div>
      </div>
      {facts.length > 0 && (
        <dl className={styles.facts}>
          {facts.map(([label, value]) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {level && (
        <p role="status" className={styles.muted}>
          {level === "blocked"
            ? "You have blocked this person: neither of you can write to the other directly."
            : "You have muted this person: their messages are folded and call for nothing."}
        </p>
      )}
      <div className={dialogStyles.actions}>
        {id !== me?.id && (
          <>
            {level !== "blocked" && <Button onClick={() => setBlocking(true)}>Block…</Button>}
            <Button onClick={() => void mute(id, level ? null : "muted")}>
              {level === "blocked" ? "Unblock" : level ? "Unmute" : "Mute"}
            </Button>
          </>
        )}
        <Button
          onClick={() => {
            onClose();
            if (id === me?.id) navigate("/settings/profile");
            else void openDirect([id], navigate);
          }}
        >
          <Icon name={id === me?.id ? "pencil" : "message-circle"} size={16} />
          {id === me?.id ? "Edit profile" : "Message"}
        </Button>
      </div>
    </Dialog>
  );
}
