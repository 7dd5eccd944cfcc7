import { useState } from "react";
import { api, ok } from "../api/client";
import type { Role, User } from "../api/types";
import { useMe } from "../store/store";
import { Avatar } from "../ui/Avatar";
import { act } from "../ui/act";
import { Button } from "../ui/Button";
import { ConfirmDialog } from "../ui/ConfirmDialog";
import { pageStyles as styles } from "../ui/Page";
import { SelectField } from "../ui/SelectField";
import { dateText } from "../ui/time";
import { AccountSessionsDialog } from "./AccountSessionsDialog";
import { ResetLinkDialog } from "./ResetLinkDialog";

const ROLES = [
  ["owner", "Owner"],
  ["admin", "Administrator"],
  ["member", "Member"],
  ["guest", "Guest"],
] as const;

interface Props {
  user: User;
  onChange(user: User): void;
  onDelete(user: User): void;
}

export function UserRow({ user, onChange, onDelete }: Props) {
  const me = useMe();
  const [asking, setAsking] = useState<"suspend" | "sessions" | "reset" | "link" | "delete" | null>(null);
  const suspended = user.state === "suspended";
  const own = me?.id === user.id;
  // Nobody acts on whoever stands at or above them, but owners on owners.
  const below = me?.role === "owner" || !["owner", "admin"].includes(user.role);
  const roles =
    me?.role === "owner" ? ROLES : ROLES.filter(([r]) => r === user.role || r === "member" || r === "guest");

  const update = (body: { role?: Role; state?: User["state"] }) =>
    act(async () =>
      onChange(await ok(api.PATCH("/admin/users/{user}", { params: { path: { user: user.id } }, body }))),
    );

  return (
    <tr>
      <td>
        <div className={styles.person}>
          <Avatar id={user.id} name={user.display_name} size={28} />
          <span className={styles.what}>
            <span>
              {user.display_name} {user.bot && <span className={styles.badge}>bot</span>}
            </span>
            <small>@{user.username}</small>
          </span>
          {suspended && <span className={`${styles.badge} ${styles.warn}`}>suspended</span>}
        </div>
      </td>
      <td>{user.email || <span className={styles.quiet}>none</span>}</td>
      <td>{dateText(user.created_at)}</td>
      <td>
        <SelectField
          label={`Role of ${user.display_name}`}
          hideLabel
          options={roles}
          value={user.role}
          disabled={own || !below}
          onChange={(event) => void update({ role: event.target.value as Role })}
        />
      </td>
      <td>
        <div className={styles.actions}>
          {!own && below && (
            <Button size="small" onClick={() => (suspended ? void update({ state: "active" }) : setAsking("suspend"))}>
              {suspended ? "Restore" : "Suspend"}
              <span className="visually-hidden"> {user.display_name}</span>
            </Button>
          )}
          {!own && !user.bot && (
            <Button size="small" onClick={() => setAsking("sessions")}>
              Sessions
              <span className="visually-hidden"> of {user.display_name}</span>
            </Button>
          )}
          {!own && below && !user.bot && (
            <Button size="small" onClick={() => setAsking("reset")}>
              Reset 2FA
              <span className="visually-hidden"> of {user.display_name}</span>
            </Button>
          )}
          {!own && below && !user.bot && !suspended && (
            <Button size="small" onClick={() => setAsking("link")}>
              New password
              <span className="visually-hidden"> for {user.display_name}</span>
            </Button>
          )}
          {!own && below && (
            <Button size="small" onClick={() => setAsking("delete")}>
              Delete
              <span className="visually-hidden"> {user.display_name}</span>
            </Button>
          )}
          {asking === "sessions" && <AccountSessionsDialog user={user} may={below} onClose={() => setAsking(null)} />}
          {asking === "delete" && (
            <ConfirmDialog
              title={`Delete ${user.display_name} for good?`}
              text="Their names, address, picture, password, sessions and tokens are erased, and this cannot be undone. What they wrote stays, by “Deleted user”. To keep the account and shut it, suspend it."
              action="Delete for good"
              onConfirm={() =>
                void act(async () => {
                  await ok(api.DELETE("/admin/users/{user}", { params: { path: { user: user.id } } }));
                  onDelete(user);
                })
              }
              onClose={() => setAsking(null)}
            />
          )}
          {asking === "link" && <ResetLinkDialog user={user} onClose={() => setAsking(null)} />}
          {asking === "reset" && (
            <ConfirmDialog
              title={`Reset the second factor of ${user.display_name}?`}
              text="For somebody who has lost it. Their authenticator app and recovery codes work no more, all of their sessions end, and the password alone signs them in again. Make sure that it is they who ask."
              action="Reset"
              onConfirm={() =>
                void act(() => ok(api.POST("/admin/users/{user}/reset-2fa", { params: { path: { user: user.id } } })))
              }
              onClose={() => setAsking(null)}
            />
          )}
          {asking === "suspend" && (
            <ConfirmDialog
              title={`Suspend ${user.display_name}?`}
              text="All of their sessions end at once, their API tokens stop working, and they cannot sign in until they are restored. What they wrote stays."
              action="Suspend"
              onConfirm={() => void update({ state: "suspended" })}
              onClose={() => setAsking(null)}
            />
          )}
        </div>
      </td>
    </tr>
  );
}
