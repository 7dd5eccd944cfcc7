import { type ReactNode, useState } from "react";
import { api, ok } from "../api/client";
import type { User } from "../api/types";
import { act } from "../ui/act";
import { Button } from "../ui/Button";
import { ConfirmDialog } from "../ui/ConfirmDialog";
import { Dialog, dialogStyles } from "../ui/Dialog";
import { pageStyles as styles } from "../ui/Page";
import { AccountSessions } from "./AccountSessions";
import { ResetLinkDialog } from "./ResetLinkDialog";

interface Props {
  user: User;
  /** Whether one may act on them: nobody does on whoever stands above. */
  may: boolean;
  onChange(user: User): void;
  onDelete(user: User): void;
  onClose(): void;
}

/** What an administrator does with somebody's account. */
export function AccountDialog({ user, may, onChange, onDelete, onClose }: Props) {
  const [resets, setResets] = useState(0);
  const [asking, setAsking] = useState<"suspend" | "reset" | "link" | "delete" | null>(null);
  const suspended = user.state === "suspended";
  const asked = { onClose: () => setAsking(null) };
  const path = { user: user.id };
  const setState = (state: User["state"]) =>
    act(async () => onChange(await ok(api.PATCH("/admin/users/{user}", { params: { path }, body: { state } }))));
  const reset = () =>
    act(async () => {
      await ok(api.POST("/admin/users/{user}/reset-2fa", { params: { path } }));
      setResets(resets + 1);
    });
  const erase = () =>
    act(async () => {
      await ok(api.DELETE("/admin/users/{user}", { params: { path } }));
      onDelete(user);
    });

  return (
    <>
      <Dialog title={user.display_name} onClose={onClose}>
        {user.email && (
          <p className={dialogStyles.text}>
            {user.email} is {user.email_proved ? "confirmed" : "not confirmed yet: it counts for nothing but mail"}.
          </p>
        )}
        {!user.bot && <AccountSessions key={`${user.state} ${resets}`} user={user} may={may} />}
        {may && (
          <ul className={styles.list} aria-label="Acts">
            {!user.bot && !suspended && (
              <Act what="New password" how="A link by which they choose one.">
                <Button size="small" onClick={() => setAsking("link")}>
                  Make a link
                </Button>
              </Act>
            )}
            {!user.bot && (
              <Act what="Second factor" how="For who has lost the app and the recovery codes.">
                <Button size="small" onClick={() => setAsking("reset")}>
                  Reset 2FA
                </Button>
              </Act>
            )}
            <Act what={suspended ? "Suspended" : "Suspend"} how="Shut out; the account and what it wrote stay.">
              <Button size="small" onClick={() => (suspended ? void setState("active") : setAsking("suspend"))}>
                {suspended ? "Restore" : "Suspend"}
              </Button>
            </Act>
            <Act what="Delete" how="Erased for good; what they wrote stays.">
              <Button size="small" look="danger" onClick={() => setAsking("delete")}>
                Delete
              </Button>
            </Act>
          </ul>
        )}
      </Dialog>
      {asking === "link" && <ResetLinkDialog user={user} {...asked} />}
      {asking === "reset" && (
        <ConfirmDialog
          title={`Reset the second factor of ${user.display_name}?`}
          text="For somebody who has lost it. Their authenticator app and recovery codes work no more, all of their sessions end, and the password alone signs them in again. Make sure that it is they who ask."
          action="Reset"
          onConfirm={() => void reset()}
          {...asked}
        />
      )}
      {asking === "suspend" && (
        <ConfirmDialog
          title={`Suspend ${user.display_name}?`}
          text="All of their sessions end at once, their API tokens stop working, and they cannot sign in until they are restored. What they wrote stays."
          action="Suspend"
          onConfirm={() => void setState("suspended")}
          {...asked}
        />
      )}
      {asking === "delete" && (
        <ConfirmDialog
          title={`Delete ${user.display_name} for good?`}
          text="Their names, address, picture, password, sessions and tokens are erased, and this cannot be undone. What they wrote stays, by “Deleted user”. To keep the account and shut it, suspend it."
          action="Delete for good"
          onConfirm={() => void erase()}
          {...asked}
        />
      )}
    </>
  );
}

function Act({ what, how, children }: { what: string; how: string; children: ReactNode }) {
  return (
    <li>
      <span className={styles.what}>
        <span>{what}</span>
        <small>{how}</small>
      </span>
      {children}
    </li>
  );
}
