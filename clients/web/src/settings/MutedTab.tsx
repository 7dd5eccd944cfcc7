import { useEffect, useState } from "react";
import { api, ok } from "../api/client";
import type { MutedUser } from "../api/types";
import { BlockDialog } from "../session/BlockDialog";
import { mute } from "../session/mute";
import { useName, useStore } from "../store/store";
import { Avatar } from "../ui/Avatar";
import { Button } from "../ui/Button";
import { pageStyles as styles } from "../ui/Page";
import { dateText } from "../ui/time";
import { useList } from "../ui/useList";

const load = () => ok(api.GET("/me/muted-users"));

/** Whom one has muted or blocked. */
export function MutedTab() {
  const { rows, problem, again } = useList(load);
  const muted = useStore((s) => s.muted);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change, here or in another tab, is a reason to read again.
  useEffect(() => void again(), [muted]);
  const shown = rows?.flatMap((row) => {
    const level = muted[row.user.id];
    return level ? [{ ...row, level }] : [];
  });
  return (
    <section className={styles.section}>
      <h2>Muted people</h2>
      <p className={styles.lead}>
        Messages of muted people are folded and call for nothing. With blocked people you exchange no direct messages
        besides. Nobody else sees this list; somebody is added to it from their profile.
      </p>
      {problem && <p className={styles.problem}>{problem}</p>}
      {shown?.length === 0 && <p className={styles.quiet}>You have muted nobody.</p>}
      {shown && shown.length > 0 && (
        <ul className={styles.list}>
          {shown.map((row) => (
            <Row key={row.user.id} muted={row} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Row({ muted: { user, level, since } }: { muted: MutedUser }) {
  const name = useName(user);
  const [blocking, setBlocking] = useState(false);
  const blocked = level === "blocked";
  return (
    <li>
      <Avatar id={user.id} name={name} size={28} />
      <span className={styles.what}>
        <span>{name}</span>
        <small>
          @{user.username} · {blocked ? "blocked" : "muted"} since {dateText(since)}
        </small>
      </span>
      {!blocked && (
        <Button size="small" onClick={() => setBlocking(true)}>
          Block…
          <span className="visually-hidden"> {name}</span>
        </Button>
      )}
      <Button size="small" onClick={() => void mute(user.id, null)}>
        {blocked ? "Unblock" : "Unmute"}
        <span className="visually-hidden"> {name}</span>
      </Button>
      {blocking && <BlockDialog user={user.id} name={name} onClose={() => setBlocking(false)} />}
    </li>
  );
}
