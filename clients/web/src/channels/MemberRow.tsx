import { useLocation } from "wouter";
import { api, ok, problemOf } from "../api/client";
import type { Member } from "../api/types";
import { useName, useStore } from "../store/store";
import { Avatar } from "../ui/Avatar";
import { IconButton } from "../ui/IconButton";
import { Presence } from "../ui/Presence";
import { StatusMark } from "../ui/StatusMark";
import { toast } from "../ui/toast";
import styles from "./DetailsPanel.module.css";
import { openDialog } from "./dialogs";
import { openDirect } from "./openDirect";

interface Props {
  member: Member;
  /** The channel's id, or null in a direct conversation. */
  channel: string | null;
  removable: boolean;
}

export function MemberRow({ member, channel, removable }: Props) {
  const [, navigate] = useLocation();
  const name = useName({ id: member.user_id, username: member.username, display_name: member.display_name });
  const bot = useStore((s) => s.users[member.user_id]?.bot);
  async function remove() {
    try {
      const params = { path: { channel: channel ?? "", user: member.user_id } };
      await ok(api.DELETE("/channels/{channel}/members/{user}", { params }));
    } catch (cause) {
      toast(problemOf(cause).message);
    }
  }
  return (
    <li className={styles.member}>
      <Avatar id={member.user_id} name={name} size={28} />
      <div className={styles.who}>
        <button
          type="button"
          className={styles.whoName}
          onClick={() => openDialog({ name: "profile", user: member.user_id })}
        >
          {name}
        </button>
        <StatusMark user={member.user_id} />
        <Presence user={member.user_id} />
        <span className={styles.user}>@{member.username}</span>
      </div>
      {bot && <span className={styles.role}>bot</span>}
      {member.role !== "member" && <span className={styles.role}>{member.role}</span>}
      <IconButton
        icon="message-circle"
        label={`Message ${name}`}
        small
        onClick={() => void openDirect([member.user_id], navigate)}
      />
      {removable && (
        <IconButton icon="x" label={`Remove ${name} from the channel`} small onClick={() => void remove()} />
      )}
    </li>
  );
}
