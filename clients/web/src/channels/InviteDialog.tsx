import { useState } from "react";
import { api, ok } from "../api/client";
import type { Invite, Role } from "../api/types";
import { useMe, useStore } from "../store/store";
import { Button } from "../ui/Button";
import { CopyButton } from "../ui/CopyButton";
import { Dialog, dialogStyles } from "../ui/Dialog";
import { SelectField } from "../ui/SelectField";
import { dateText } from "../ui/time";
import { useSubmit } from "../ui/useSubmit";
import styles from "./InviteDialog.module.css";

const LIFE = [
  ["86400", "1 day"],
  ["604800", "7 days"],
  ["2592000", "30 days"],
] as const;
const USES = [
  ["1", "1 person"],
  ["10", "10 people"],
  ["100", "100 people"],
] as const;

/** Makes a link by which people join. It needs no mail server: one passes it on. */
export default function InviteDialog({ onClose }: { onClose(): void }) {
  const workspace = useStore((s) => s.workspace.name);
  const admin = ["owner", "admin"].includes(useMe()?.role ?? "");
  const [invite, setInvite] = useState<Invite>();
  const { busy, problem, onSubmit } = useSubmit(async (value) => {
    const body = {
      role: (value("role") || "member") as Role,
      max_uses: Number(value("max_uses")),
      expires_in_seconds: Number(value("expires")),
    };
    setInvite(await ok(api.POST("/admin/invites", { body })));
  });
  const roles = [
    ["member", "Member"],
    ["guest", "Guest"],
    ...(admin ? [["admin", "Administrator"] as const] : []),
  ] as const;
  return (
    <Dialog title={`Invite people to ${workspace}`} onClose={onClose}>
      {invite ? (
        <div className={styles.result}>
          <p className={dialogStyles.text}>
            Pass this link on: by chat, by mail, on paper. It works for {invite.max_uses}{" "}
            {invite.max_uses === 1 ? "person" : "people"} until {dateText(invite.expires_at)}. It is shown only this
            once.
          </p>
          <div className={styles.link}>
            <input
              readOnly
              aria-label="Invite link"
              value={linkOf(invite)}
              onFocus={(event) => event.target.select()}
            />
            <CopyButton text={linkOf(invite)} label="Copy link" />
          </div>
          <div className={dialogStyles.actions}>
            <Button onClick={() => setInvite(undefined)}>Make another</Button>
          </div>
        </div>
      ) : (
        <form className={dialogStyles.form} onSubmit={onSubmit}>
          <SelectField label="They join as" name="role" options={roles} autoFocus />
          <SelectField label="The link works for" name="max_uses" options={USES} defaultValue="10" />
          <SelectField label="and expires after" name="expires" options={LIFE} defaultValue="604800" />
          {problem && (
            <p className={dialogStyles.problem} role="alert">
              {problem}
            </p>
          )}
          <div className={dialogStyles.actions}>
            <Button type="submit" look="primary" disabled={busy}>
              Create invite link
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}

/** The link as the server says, or under the address that this page was opened with. */
const linkOf = (invite: Invite) => invite.url ?? `${location.origin}/invite/${invite.code}`;
