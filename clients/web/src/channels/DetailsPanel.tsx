import { useEffect, useState } from "react";
import { useLocation } from "wouter";
import { allPages, api, ok, problemOf } from "../api/client";
import type { Member } from "../api/types";
import type { Conversation } from "../store/state";
import { useMe, useStore } from "../store/store";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { IconButton } from "../ui/IconButton";
import { toast } from "../ui/toast";
import styles from "./DetailsPanel.module.css";
import { openDialog } from "./dialogs";
import { MemberRow } from "./MemberRow";

interface Props {
  conversation: Conversation;
  onClose(): void;
}

/** Beside the timeline: what the conversation is about and who is in it. */
export default function DetailsPanel({ conversation, onClose }: Props) {
  const { channel, direct } = conversation;
  const members = useMembers(conversation);
  const me = useMe();
  const own = members.find((m) => m.user_id === me?.id)?.role;
  const admin = me?.role === "owner" || me?.role === "admin";
  const manages = admin || own === "owner";
  return (
    <aside
      className={styles.panel}
      aria-label="Details"
      onKeyDown={(event) => {
        if (event.key === "Escape" && !event.defaultPrevented) onClose();
      }}
    >
      <div className={styles.head}>
        <h2>Details</h2>
        <IconButton icon="x" label="Close details" onClick={onClose} autoFocus />
      </div>
      <div className={styles.body}>
        {channel && (
          <>
            <dl className={styles.about}>
              <div>
                <dt>Topic</dt>
                <dd>{channel.topic || "No topic yet"}</dd>
              </div>
              {channel.purpose && (
                <div>
                  <dt>Purpose</dt>
                  <dd>{channel.purpose}</dd>
                </div>
              )}
            </dl>
            <ChannelActions conversation={conversation} manages={manages} />
          </>
        )}
        <section aria-label="Members">
          <h3 className={styles.title}>{direct ? "People" : `Members · ${members.length}`}</h3>
          <ul>
            {members.map((member) => (
              <MemberRow
                key={member.user_id}
                member={member}
                channel={channel?.id ?? null}
                removable={manages && member.user_id !== me?.id && channel !== undefined && !channel.archived}
              />
            ))}
          </ul>
        </section>
      </div>
    </aside>
  );
}

function ChannelActions({ conversation, manages }: { conversation: Conversation; manages: boolean }) {
  const id = conversation.conversation_id;
  const archived = conversation.channel?.archived ?? false;
  const [, navigate] = useLocation();
  async function act(work: () => Promise<unknown>) {
    try {
      await work();
    } catch (cause) {
      const problem = problemOf(cause);
      toast([problem.message, problem.hint].filter(Boolean).join(" "));
    }
  }
  const params = { path: { channel: id } };
  return (
    <div className={styles.actions}>
      {!archived && (
        <Button size="small" onClick={() => openDialog({ name: "add-people", conversation: id })}>
          <Icon name="user-plus" size={16} />
          Add people
        </Button>
      )}
      {manages && !archived && (
        <Button size="small" onClick={() => openDialog({ name: "edit-channel", conversation: id })}>
          <Icon name="pencil" size={16} />
          Edit
        </Button>
      )}
      {manages && (
        <Button
          size="small"
          onClick={() =>
            void act(() =>
              ok(api.POST(archived ? "/channels/{channel}/unarchive" : "/channels/{channel}/archive", { params })),
            )
          }
        >
          <Icon name={archived ? "archive-restore" : "archive"} size={16} />
          {archived ? "Unarchive" : "Archive"}
        </Button>
      )}
      <Button
        size="small"
        onClick={() =>
          void act(async () => {
            await ok(api.POST("/channels/{channel}/leave", { params }));
            navigate("/");
          })
        }
      >
        <Icon name="log-out" size={16} />
        Leave
      </Button>
    </div>
  );
}

/** The members, read afresh whenever their number changes or the connection is back. */
function useMembers({ conversation_id: id, channel, direct }: Conversation): Member[] {
  const [members, setMembers] = useState<Member[]>([]);
  const archived = channel?.archived;
  const online = useStore((s) => s.connection.name === "online");
  const count = useStore((s) => s.conversations[id]?.channel?.member_count);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of the number or of the connection is what asks for a new reading.
  useEffect(() => {
    if (!channel) return;
    let gone = false;
    const params = { path: { channel: id } };
    allPages((cursor) =>
      ok(api.GET("/channels/{channel}/members", { params: { ...params, query: { cursor, limit: 200 } } })),
    )
      .then((all) => {
        if (!gone) setMembers(all);
      })
      .catch((cause) => {
        if (!gone) toast(problemOf(cause).message);
      });
    return () => {
      gone = true;
    };
  }, [id, count, archived, online, channel === undefined]);
  if (!direct) return members;
  return direct.participants.map((p) => ({
    user_id: p.id,
    username: p.username,
    display_name: p.display_name,
    role: "member" as const,
    joined_at: direct.created_at,
  }));
}
