import { useEffect, useState } from "react";
import { useLocation } from "wouter";
import { allPages, api, ok, problemOf } from "../api/client";
import { fetchConversation } from "../api/membership";
import type { Channel } from "../api/types";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Field } from "../ui/Field";
import { Icon } from "../ui/Icon";
import { toast } from "../ui/toast";
import { useHere } from "../ui/useHere";
import styles from "./BrowseDialog.module.css";
import { openDialog } from "./dialogs";

/** All channels that one may find, to look into or to join. */
export default function BrowseDialog({ onClose }: { onClose(): void }) {
  const [, navigate] = useLocation();
  const here = useHere();
  const [channels, setChannels] = useState<Channel[]>();
  const [query, setQuery] = useState("");

  useEffect(() => {
    allPages((cursor) => ok(api.GET("/channels", { params: { query: { cursor, limit: 200 } } })))
      .then(setChannels)
      .catch((cause) => toast(problemOf(cause).message));
  }, []);

  async function open(channel: Channel) {
    try {
      if (!channel.joined) {
        await ok(api.POST("/channels/{channel}/join", { params: { path: { channel: channel.id } } }));
        await fetchConversation(channel.id);
      }
      if (!here()) return; // whoever has closed it is busy elsewhere
      onClose();
      navigate(`/c/${encodeURIComponent(channel.name)}`);
    } catch (cause) {
      toast(problemOf(cause).message);
    }
  }

  const wanted = query.trim().toLowerCase();
  const shown = channels?.filter((c) => `${c.name} ${c.topic} ${c.purpose}`.toLowerCase().includes(wanted)) ?? [];
  return (
    <Dialog title="Browse channels" onClose={onClose}>
      <Field label="Find a channel" type="search" autoFocus value={query} onChange={(e) => setQuery(e.target.value)} />
      <ul className={styles.list}>
        {shown.map((channel) => (
          <li key={channel.id} className={styles.row}>
            <div className={styles.about}>
              <span className={styles.name}>
                <Icon name={channel.kind === "private" ? "lock" : "hash"} size={16} />
                <span>{channel.name}</span>
              </span>
              <span className={styles.meta}>
                {channel.member_count} {channel.member_count === 1 ? "member" : "members"}
                {channel.topic && ` · ${channel.topic}`}
              </span>
            </div>
            <Button size="small" look={channel.joined ? "plain" : "primary"} onClick={() => void open(channel)}>
              {channel.joined ? "Open" : "Join"}
              <span className="visually-hidden"> {channel.name}</span>
            </Button>
          </li>
        ))}
        {channels && shown.length === 0 && (
          <li className={styles.none}>
            <p>{wanted ? "No channel matches." : "There is no channel yet."}</p>
          </li>
        )}
      </ul>
      <Button onClick={() => openDialog({ name: "create-channel" })}>
        <Icon name="plus" size={16} />
        Create a channel
      </Button>
    </Dialog>
  );
}
