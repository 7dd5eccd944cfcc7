import { useCallback } from "react";
import { api, ok } from "../api/client";
import type { User } from "../api/types";
import { SessionItem } from "../session/SessionItem";
import { act } from "../ui/act";
import { Button } from "../ui/Button";
import { dialogStyles } from "../ui/Dialog";
import { pageStyles as styles } from "../ui/Page";
import { Spinner } from "../ui/Spinner";
import { useList } from "../ui/useList";

/** Where somebody else is signed in; who stands above them may sign them out. */
export function AccountSessions({ user, may }: { user: User; may: boolean }) {
  const load = useCallback(
    () => ok(api.GET("/admin/users/{user}/sessions", { params: { path: { user: user.id } } })),
    [user.id],
  );
  const { rows, problem, again } = useList(load);
  const end = () =>
    act(async () => {
      await ok(api.DELETE("/admin/users/{user}/sessions", { params: { path: { user: user.id } } }));
      await again();
    });
  if (problem) return <p className={dialogStyles.problem}>{problem}</p>;
  if (!rows) return <Spinner />;
  if (rows.length === 0) return <p className={dialogStyles.text}>Signed in nowhere.</p>;
  return (
    <>
      <ul className={styles.list} aria-label="Sessions">
        {rows.map((session) => (
          <SessionItem key={session.id} session={session} />
        ))}
      </ul>
      {may && (
        <div className={dialogStyles.actions}>
          <Button onClick={() => void end()}>Sign out everywhere</Button>
        </div>
      )}
    </>
  );
}
