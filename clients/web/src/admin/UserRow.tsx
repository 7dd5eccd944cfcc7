import { useState } from "react";
import { api, ok } from "../api/client";
import type { Role, User } from "../api/types";
import { useMe } from "../store/store";
import { Avatar } from "../ui/Avatar";
import { act } from "../ui/act";
import { Button } from "../ui/Button";
import { pageStyles as styles } from "../ui/Page";
import { SelectField } from "../ui/SelectField";
import { dateText } from "../ui/time";
import { AccountDialog } from "./AccountDialog";

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
  const [open, setOpen] = useState(false);
  const own = me?.id === user.id;
  // Nobody acts on whoever stands at or above them, but owners on owners.
  const below = me?.role === "owner" || !["owner", "admin"].includes(user.role);
  const roles =
    me?.role === "owner" ? ROLES : ROLES.filter(([r]) => r === user.role || r === "member" || r === "guest");

  const setRole = (role: Role) =>
    act(async () =>
      onChange(await ok(api.PATCH("/admin/users/{user}", { params: { path: { user: user.id } }, body: { role } }))),
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
          {user.state === "suspended" && <span className={`${styles.badge} ${styles.warn}`}>suspended</span>}
        </div>
      </td>
      <td data-label="Email">
        {user.email ? (
          <span className={styles.what}>
            <span>{user.email}</span>
            {user.email_proved === false && <small>not confirmed</small>}
          </span>
        ) : (
          <span className={styles.quiet}>none</span>
        )}
      </td>
      <td data-label="Since" className={styles.nowrap}>
        {dateText(user.created_at)}
      </td>
      <td data-label="Role">
        <SelectField
          label={`Role of ${user.display_name}`}
          hideLabel
          options={roles}
          value={user.role}
          disabled={own || !below}
          onChange={(event) => void setRole(event.target.value as Role)}
        />
      </td>
      <td>
        <div className={styles.actions}>
          {!own && (
            <Button size="small" onClick={() => setOpen(true)}>
              Manage
              <span className="visually-hidden"> {user.display_name}</span>
            </Button>
          )}
          {open && (
            <AccountDialog
              user={user}
              may={below}
              onChange={onChange}
              onDelete={onDelete}
              onClose={() => setOpen(false)}
            />
          )}
        </div>
      </td>
    </tr>
  );
}
