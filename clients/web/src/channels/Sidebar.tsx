import { useEffect, useMemo, useRef } from "react";
import { Link, useLocation } from "wouter";
import type { Conversation } from "../store/state";
import { titleOf, useMe, useStore } from "../store/store";
import { Avatar } from "../ui/Avatar";
import { Icon } from "../ui/Icon";
import { IconButton } from "../ui/IconButton";
import { later } from "../ui/later";
import { Presence } from "../ui/Presence";
import { StatusMark } from "../ui/StatusMark";
import { openDialog } from "./dialogs";
import { openDirect } from "./openDirect";
import { channelsOf, directsOf, folded, hasNotes } from "./order";
import styles from "./Sidebar.module.css";
import { SidebarList } from "./SidebarList";
import { SidebarSection, useFold } from "./SidebarSection";
import { useActive } from "./useActive";

const MoreUnreads = later(() => import("./MoreUnreads"));

/** With more conversations than this only those in view are made. */
const WINDOWED_OVER = 200;

/** The list of conversations; `alone` on a phone, where it is the page. */
export function Sidebar({ alone }: { alone?: boolean }) {
  const workspace = useStore((s) => s.workspace.name);
  const conversations = useStore((s) => s.conversations);
  const users = useStore((s) => s.users);
  const me = useMe();
  const active = useActive();
  const channelFold = useFold("Channels");
  const directFold = useFold("Direct messages");
  const scroller = useRef<HTMLDivElement>(null);
  const lists = useMemo(
    () => [
      folded(channelsOf(conversations, active), channelFold.open, active),
      folded(directsOf(conversations, active), directFold.open, active),
    ],
    [conversations, active, channelFold.open, directFold.open],
  );
  const [channels = [], directs = []] = lists;
  const [, navigate] = useLocation();
  const guest = me?.role === "guest";
  const list = {
    active,
    scroller,
    windowed: channels.length + directs.length > WINDOWED_OVER,
    titleOf: (c: Conversation) => titleOf(c, { users, me }),
  };

  // The keyboard may have gone to a conversation that is out of view.
  useEffect(() => {
    if (active) scroller.current?.querySelector('[aria-current="page"]')?.scrollIntoView({ block: "nearest" });
  }, [active]);

  return (
    <nav className={styles.sidebar} aria-label="Conversations" id="sidebar" tabIndex={-1}>
      <div className={styles.top}>
        {alone ? <h1 className={styles.workspace}>{workspace}</h1> : <p className={styles.workspace}>{workspace}</p>}
        {!guest && <IconButton icon="pencil" label="New message" onClick={() => openDialog({ name: "new-direct" })} />}
      </div>
      <div className={styles.lists}>
        <div ref={scroller} className={styles.scroll}>
          <SidebarSection
            title="Channels"
            fold={channelFold}
            add={
              guest ? undefined : { label: "Create a channel", onClick: () => openDialog({ name: "create-channel" }) }
            }
          >
            <SidebarList conversations={channels} {...list} />
            {channelFold.open && (
              <button
                type="button"
                className={`${styles.item} ${styles.add}`}
                onClick={() => openDialog({ name: "browse" })}
              >
                <Icon name="search" size={16} />
                Browse channels
              </button>
            )}
          </SidebarSection>
          <SidebarSection
            title="Direct messages"
            fold={directFold}
            add={{ label: "New direct message", onClick: () => openDialog({ name: "new-direct" }) }}
          >
            <SidebarList conversations={directs} {...list} />
            {directFold.open && me && !hasNotes(conversations) && (
              <button
                type="button"
                className={`${styles.item} ${styles.add}`}
                onClick={() => void openDirect([me.id], navigate)}
              >
                <Avatar id={me.id} name={me.display_name} size={20} />
                <span className={styles.label}>{me.display_name} (notes)</span>
              </button>
            )}
            {directFold.open && !guest && (
              <button
                type="button"
                className={`${styles.item} ${styles.add}`}
                onClick={() => openDialog({ name: "invite" })}
              >
                <Icon name="user-plus" size={16} />
                Invite people
              </button>
            )}
          </SidebarSection>
        </div>
        <MoreUnreads scroller={scroller} lists={lists} />
      </div>
      {me && (
        <div className={styles.foot}>
          <button
            type="button"
            className={styles.self}
            title="Set a status"
            onClick={() => openDialog({ name: "status" })}
          >
            <span className={styles.face}>
              <Avatar id={me.id} name={me.display_name} size={28} />
              <Presence user={me.id} />
            </span>
            <span className={styles.me}>
              <span className={styles.meName}>
                {me.display_name} <StatusMark user={me.id} />
              </span>
              <span className={styles.meUser}>@{me.username}</span>
            </span>
            <span className="visually-hidden">, set a status</span>
          </button>
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
