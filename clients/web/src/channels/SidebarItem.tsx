import { memo } from "react";
import { Link } from "wouter";
import { useDrafts } from "../messages/drafts";
import { pathOf } from "../paths";
import { type Conversation, unreadOf } from "../store/state";
import { others, useMe } from "../store/store";
import { Avatar } from "../ui/Avatar";
import { Icon } from "../ui/Icon";
import { Presence } from "../ui/Presence";
import { StatusMark } from "../ui/StatusMark";
import { badgeOf } from "./order";
import styles from "./Sidebar.module.css";

interface Props {
  conversation: Conversation;
  title: string;
  current: boolean;
}

/** One conversation of the sidebar: bold with something unread, with a pill when one is meant. */
export const SidebarItem = memo(function SidebarItem({ conversation, title, current }: Props) {
  const draft = useDrafts((s) => s.has[conversation.conversation_id] ?? false);
  const unread = unreadOf(conversation);
  const badge = badgeOf(conversation);
  return (
    <Link
      href={pathOf(conversation)}
      className={`${styles.item} ${unread > 0 ? styles.unread : ""}`}
      aria-current={current ? "page" : undefined}
      data-unread={unread}
    >
      <Sign conversation={conversation} title={title} />
      <span className={styles.label}>{title}</span>
      {conversation.direct && <DirectStatus conversation={conversation} />}
      {unread > 0 && badge === 0 && <span className="visually-hidden">, unread</span>}
      {draft && !current && (
        <>
          <Icon name="pencil" size={14} />
          <span className="visually-hidden">, draft</span>
        </>
      )}
      {badge > 0 && (
        <span className={styles.pill}>
          {badge > 99 ? "99+" : badge}
          <span className="visually-hidden"> {conversation.direct ? "unread" : "mentions"}</span>
        </span>
      )}
    </Link>
  );
});

function DirectStatus({ conversation }: { conversation: Conversation }) {
  const people = others(conversation, useMe()?.id ?? "");
  return people.length === 1 && people[0] ? <StatusMark user={people[0].id} /> : null;
}

function Sign({ conversation, title }: { conversation: Conversation; title: string }) {
  const me = useMe();
  if (conversation.channel) {
    const name = conversation.channel.archived ? "archive" : conversation.channel.kind === "private" ? "lock" : "hash";
    return <Icon name={name} size={16} />;
  }
  const people = others(conversation, me?.id ?? "");
  const first = people[0] ?? me;
  return (
    <span className={styles.face}>
      <Avatar
        id={first?.id ?? ""}
        name={people.length > 1 ? String(people.length) : title}
        size={20}
        plain={people.length > 1}
      />
      {people.length === 1 && first && <Presence user={first.id} />}
    </span>
  );
}
