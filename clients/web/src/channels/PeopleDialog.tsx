import { useEffect, useState } from "react";
import { useLocation } from "wouter";
import { allPages, api, ok, problemOf } from "../api/client";
import type { User } from "../api/types";
import { useConversation, useMe, useStore } from "../store/store";
import { Avatar } from "../ui/Avatar";
import { Button } from "../ui/Button";
import { Dialog, dialogStyles } from "../ui/Dialog";
import { Field } from "../ui/Field";
import { Icon } from "../ui/Icon";
import { toast } from "../ui/toast";
import { openDirect } from "./openDirect";
import styles from "./PeopleDialog.module.css";

interface Props {
  /** The channel to add people to; null opens a direct conversation with them. */
  conversation: string | null;
  onClose(): void;
}

export default function PeopleDialog({ conversation, onClose }: Props) {
  const [, navigate] = useLocation();
  const channel = useConversation(conversation ?? "")?.channel;
  const me = useMe();
  const most = useStore((s) => s.meta?.limits.direct_participants ?? 9) - 1;
  const [chosen, setChosen] = useState<User[]>([]);
  const [query, setQuery] = useState("");
  const members = useMemberIDs(conversation);
  const people = useStore((s) => s.users);
  const full = conversation === null && chosen.length >= most;

  const wanted = query.trim().toLowerCase().replace(/^@/, "");
  const shown = Object.values(people)
    .filter((u) => u.state === "active" && !members.has(u.id) && (conversation === null || u.id !== me?.id))
    .filter((u) => `${u.username} ${u.display_name}`.toLowerCase().includes(wanted))
    .sort((a, b) => a.display_name.localeCompare(b.display_name));

  function toggle(user: User) {
    const has = chosen.some((u) => u.id === user.id);
    setChosen(has ? chosen.filter((u) => u.id !== user.id) : full ? chosen : [...chosen, user]);
    setQuery("");
  }

  async function finish() {
    const ids = chosen.map((u) => u.id);
    onClose();
    if (!channel) return openDirect(ids, navigate);
    try {
      await ok(
        api.POST("/channels/{channel}/members", { params: { path: { channel: channel.id } }, body: { user_ids: ids } }),
      );
    } catch (cause) {
      toast(problemOf(cause).message);
    }
  }

  return (
    <Dialog title={channel ? `Add people to #${channel.name}` : "New message"} onClose={onClose}>
      <form
        className={dialogStyles.form}
        onSubmit={(event) => {
          event.preventDefault();
          const first = shown[0];
          if (wanted && first) toggle(first);
          else if (chosen.length > 0) void finish();
        }}
      >
        {chosen.length > 0 && (
          <ul className={styles.chips} aria-label="Chosen">
            {chosen.map((u) => (
              <li key={u.id} className={styles.chip}>
                <Avatar id={u.id} name={u.display_name} size={20} />
                {u.display_name}
                <button type="button" aria-label={`Remove ${u.display_name}`} onClick={() => toggle(u)}>
                  <Icon name="x" size={14} />
                </button>
              </li>
            ))}
          </ul>
        )}
        <Field
          label="Find people"
          type="search"
          autoFocus
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          note={full ? `A direct message takes up to ${most} others. Make a channel for more.` : undefined}
        />
        <ul className={styles.list} aria-label="People">
          {shown.slice(0, 50).map((u) => {
            const picked = chosen.some((c) => c.id === u.id);
            return (
              <li key={u.id}>
                <button type="button" className={styles.person} aria-pressed={picked} onClick={() => toggle(u)}>
                  <Avatar id={u.id} name={u.display_name} size={28} />
                  <span>{u.display_name}</span>
                  <span>
                    @{u.username}
                    {u.id === me?.id && " (you: notes)"}
                  </span>
                  {picked && (
                    <span className={styles.check}>
                      <Icon name="check" />
                    </span>
                  )}
                </button>
              </li>
            );
          })}
          {shown.length === 0 && (
            <li className={styles.none}>{wanted ? "Nobody matches." : "Nobody is left to add."}</li>
          )}
        </ul>
        <div className={dialogStyles.actions}>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" disabled={chosen.length === 0} onClick={() => void finish()}>
            {channel ? "Add" : "Start conversation"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** Who is in the channel already. */
function useMemberIDs(channel: string | null): Set<string> {
  const [ids, setIDs] = useState<Set<string>>(new Set());
  useEffect(() => {
    if (!channel) return;
    allPages((cursor) =>
      ok(api.GET("/channels/{channel}/members", { params: { path: { channel }, query: { cursor, limit: 200 } } })),
    )
      .then((members) => setIDs(new Set(members.map((m) => m.user_id))))
      .catch((cause) => toast(problemOf(cause).message));
  }, [channel]);
  return ids;
}
