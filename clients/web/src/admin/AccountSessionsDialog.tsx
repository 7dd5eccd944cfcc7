import { useCallback } from "react";
import { api, ok } from "../api/client";
import type { User } from "../api/types";
import { METHODS } from "../session/methods";
import { act } from "../ui/act";
import { Button } from "../ui/Button";
import { Dialog, dialogStyles } from "../ui/Dialog";
import { Icon } from "../ui/Icon";
import { pageStyles as styles } from "../ui/Page";
import { Spinner } from "../ui/Spinner";
import { dateText } from "../ui/time";
import { useList } from "../ui/useList";

interface Props {
  user: User;
  /** Whether one may end them: nobody acts on whoever stands above. */
  may: boolean;
  onClose(): void;
}

/** Where somebody else is signed in, and a way to sign them out everywhere. */
export function AccountSessionsDialog({ user, may, onClose }: Props) {
  const of = { params: { path: { user: user.id } } };
  const load = useCallback(
    () => ok(api.GET("/admin/users/{user}/sessions", { params: { path: { user: user.id } } })),
    [user.id],
  );
  const { rows, problem, again } = useList(load);
  const end = () =>
    act(async () => {
      await ok(api.DELETE("/admin/users/{user}/sessions", of));
      await again();
    });
  return (
    <Dialog title={`Sessions of ${user.display_name}`} onClose={onClose}>
      {problem && <p className={dialogStyles.problem}>{problem}</p>}
      {!rows && !problem && <Spinner />}
      {rows?.length === 0 && <p className={dialogStyles.text}>Signed in nowhere.</p>}
      {rows && rows.length > 0 && (
        <ul className={styles.list}>
          {rows.map((session) => (
            <li key={session.id}>
              <Icon name="monitor" />
              <span className={styles.what}>
                <span>{session.device || session.client || "Unknown client"}</span>
                <small>
                  {METHODS[session.method]} · {session.ip} · last used {dateText(session.last_used_at)}
                </small>
              </span>
            </li>
          ))}
        </ul>
      )}
      {may && rows && rows.length > 0 && (
        <div className={dialogStyles.actions}>
          <Button look="danger" onClick={() => void end()}>
            Sign out everywhere
          </Button>
        </div>
      )}
    </Dialog>
  );
}
