import { useLocation } from "wouter";
import type { Conversation } from "../store/state";
import { others, titleOf, useMe, useStore } from "../store/store";
import { Icon } from "../ui/Icon";
import { IconButton } from "../ui/IconButton";
import { Presence } from "../ui/Presence";
import { PHONE, useMedia } from "../ui/useMedia";
import styles from "./ConversationHeader.module.css";

interface Props {
  conversation: Conversation;
  details: boolean;
  onDetails(): void;
}

export function ConversationHeader({ conversation, details, onDetails }: Props) {
  const { channel } = conversation;
  const phone = useMedia(PHONE);
  const [, navigate] = useLocation();
  const title = useStore((s) => titleOf(conversation, s));
  const people = others(conversation, useMe()?.id ?? "");
  const count = channel ? channel.member_count : people.length + 1;
  return (
    <header className={styles.header}>
      {phone && <IconButton icon="arrow-left" label="Back to the list" onClick={() => navigate("/")} />}
      <h1 className={styles.name}>
        {channel && <Icon name={channel.kind === "private" ? "lock" : "hash"} size={16} />}
        {people.length === 1 && people[0] && <Presence user={people[0].id} />}
        <span>{title}</span>
      </h1>
      {channel?.archived && <span className={styles.badge}>Archived</span>}
      {channel?.topic ? <p className={styles.topic}>{channel.topic}</p> : <span className={styles.space} />}
      <button
        type="button"
        className={styles.members}
        aria-pressed={details}
        aria-label={channel ? `Details and ${count} members` : "Details"}
        title="Details"
        onClick={onDetails}
      >
        <Icon name="users" size={16} />
        {count}
      </button>
    </header>
  );
}
