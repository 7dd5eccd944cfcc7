import { useState } from "react";
import { api, ok } from "../api/client";
import type { Channel } from "../api/types";
import { act } from "../ui/act";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { pageStyles as styles } from "../ui/Page";
import { dateText, numberText } from "../ui/time";
import { OwnerDialog } from "./OwnerDialog";

interface Props {
  channel: Channel;
  onChange(channel: Channel): void;
}

export function ChannelRow({ channel, onChange }: Props) {
  const [choosing, setChoosing] = useState(false);
  const params = { path: { channel: channel.id } };
  const update = (body: { archived?: boolean; owner?: string }) =>
    act(async () => onChange(await ok(api.PATCH("/admin/channels/{channel}", { params, body }))));
  return (
    <tr>
      <td>
        <div className={styles.person}>
          <Icon name={channel.kind === "private" ? "lock" : "hash"} size={16} />
          <span>{channel.name}</span>
          {channel.archived && <span className={styles.badge}>archived</span>}
        </div>
      </td>
      <td data-label="Members">{numberText(channel.member_count)}</td>
      <td data-label="Messages">{numberText(channel.last_position)}</td>
      <td data-label="Since" className={styles.nowrap}>
        {dateText(channel.created_at)}
      </td>
      <td>
        <div className={`${styles.actions} ${styles.nowrap}`}>
          <Button size="small" onClick={() => setChoosing(true)}>
            Change owner
            <span className="visually-hidden"> of {channel.name}</span>
          </Button>
          <Button size="small" onClick={() => void update({ archived: !channel.archived })}>
            {channel.archived ? "Unarchive" : "Archive"}
            <span className="visually-hidden"> {channel.name}</span>
          </Button>
          {choosing && (
            <OwnerDialog
              channel={channel}
              onChoose={(owner) => void update({ owner })}
              onClose={() => setChoosing(false)}
            />
          )}
        </div>
      </td>
    </tr>
  );
}
