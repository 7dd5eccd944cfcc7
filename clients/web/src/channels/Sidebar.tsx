import { useMemo } from "react";
import { Link } from "wouter";
import type { Conversation } from "../store/state";
import { titleOf, useMe, useStore } from "../store/store";
import { Avatar } from "../ui/Avatar";
import { Icon } from "../ui/Icon";
import { IconButton } from "../ui/IconButton";
import { Presence } from "../ui/Presence";
import { openDialog } from "./dialogs";
import { channelsOf, directsOf } from "./order";
import styles from "./Sidebar.module.css";
import { SidebarItem } from "./SidebarItem";
import { SidebarSection } from "./SidebarSection";
import { useActive } from "./useActive";

/** The list of conversations; `alone` on a phone, where it is the page. */
export function Sidebar({ alone }: { alone?: boolean }) {
  const workspace = useStore((s) => s.workspace.name);
  const conversations = useStore((s) => s.conversations);
  const users = useStore((s) => s.users);
  const me = useMe();
  const active = useActive();
  const channels = useMemo(() => channelsOf(conversations, active), [conversations, active]);
  const directs = useMemo(() => directsOf(conversations, active), [conversations, active]);
  const guest = me?.role === "guest";
  const name = (c: Conversation) => titleOf(c, { users, me });
  return (
    <nav className={styles.sidebar} aria-label="Conversations" id="sidebar" tabIndex={-1}>
      <div className={styles.top}>
        {alone ? <h1 className={styles.workspace}>{workspace}</h1> : <p className={styles.workspace}>{workspace}</p>}
        {!guest && <IconButton icon="pencil" label="New message" onClick={() => openDialog({ name: "new-direct" })} />}
      </div>
      <div className={styles.scroll}>
        <SidebarSection
          title="Channels"
          add={guest ? undefined : { label: "Create a channel", onClick: () => openDialog({ name: "create-channel" }) }}
        >
          {channels.map((c) => (
            <SidebarItem
              key={c.conversation_id}
              conversation={c}
              title={name(c)}
              current={c.conversation_id === active}
            />
          ))}
          <li>
            <button
              type="button"
              className={`${styles.item} ${styles.add}`}
              onClick={() => openDialog({ name: "browse" })}
            >
              <Icon name="search" size={16} />
              Browse channels
            </button>
          </li>
        </SidebarSection>
        <SidebarSection
          title="Direct messages"
          add={{ label: "New direct message", onClick: () => openDialog({ name: "new-direct" }) }}
        >
          {directs.map((c) => (
            <SidebarItem
              key={c.conversation_id}
              conversation={c}
              title={name(c)}
              current={c.conversation_id === active}
            />
          ))}
          {!guest && (
            <li>
              <button
                type="button"
                className={`${styles.item} ${styles.add}`}
                onClick={() => openDialog({ name: "invite" })}
              >
                <Icon name="user-plus" size={16} />
                Invite people
              </button>
            </li>
          )}
        </SidebarSection>
      </div>
      {me && (
        <div className={styles.foot}>
          <span className={styles.face}>
            <Avatar id={me.id} name={me.display_name} size={28} />
            <Presence user={me.id} />
          </span>
          <div className={styles.me}>
            <span className={styles.meName}>{me.display_name}</span>
            <span className={styles.meUser}>@{me.username}</span>
          </div>
          {(me.role === "owner" || me.role === "admin") && (
            <Link href="/admin/overview" className={styles.iconLink} aria-label="Administration" title="Administration">
              <Icon name="shield" />
            </Link>
          )}
          <Link href="/settings/profile" className={styles.iconLink} aria-label="Settings" title="Settings">
            <Icon name="settings" />
          </Link>
        </div>
      )}
    </nav>
  );
}
