import { useEffect, useRef } from "react";
import { api, ok } from "../api/client";
import { openDialog, useDialog } from "../channels/dialogs";
import { useStore } from "../store/store";
import { act } from "../ui/act";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { pageStyles as styles } from "../ui/Page";
import { dateText } from "../ui/time";
import { useList } from "../ui/useList";

const load = (cursor: string | undefined) =>
  ok(api.GET("/admin/invites", { params: { query: { cursor, limit: 50 } } }));

export function InvitesTab() {
  const { rows, problem, more, again } = useList(load);
  const users = useStore((s) => s.users);
  const open = useDialog((s) => s.dialog?.name === "invite");
  const wasOpen = useRef(open);
  useEffect(() => {
    if (wasOpen.current && !open) void again();
    wasOpen.current = open;
  });
  return (
    <section className={styles.section}>
      <h2>Invites</h2>
      <div className={styles.row}>
        <Button look="primary" onClick={() => openDialog({ name: "invite" })}>
          <Icon name="plus" size={16} />
          New invite link
        </Button>
      </div>
      {problem && <p className={styles.problem}>{problem}</p>}
      {rows?.length === 0 && <p className={styles.quiet}>There is no invite yet.</p>}
      {rows && rows.length > 0 && (
        <ul className={styles.list}>
          {rows.map((invite) => {
            const over = invite.revoked || invite.uses >= invite.max_uses || Date.parse(invite.expires_at) < Date.now();
            return (
              <li key={invite.id}>
                <Icon name="ticket" />
                <span className={styles.what}>
                  <span>
                    {invite.email ? `For ${invite.email}, as` : "As"} {invite.role}, used {invite.uses} of{" "}
                    {invite.max_uses}
                  </span>
                  <small>
                    By {users[invite.created_by]?.display_name ?? "the operator"}, {dateText(invite.created_at)} · until{" "}
                    {dateText(invite.expires_at)}
                  </small>
                </span>
                {over ? (
                  <span className={styles.badge}>{invite.revoked ? "revoked" : "used up or expired"}</span>
                ) : (
                  <Button
                    size="small"
                    onClick={() =>
                      void act(async () => {
                        await ok(api.DELETE("/admin/invites/{invite}", { params: { path: { invite: invite.id } } }));
                        await again();
                      })
                    }
                  >
                    Revoke
                    <span className="visually-hidden"> the invite of {dateText(invite.created_at)}</span>
                  </Button>
                )}
              </li>
            );
          })}
        </ul>
      )}
      {more && (
        <div className={styles.row}>
          <Button onClick={more}>Show more</Button>
        </div>
      )}
    </section>
  );
}
