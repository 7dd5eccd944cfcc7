import { useState } from "react";
import { api, ok } from "../api/client";
import { once } from "../api/once";
import type { Invite, Role } from "../api/types";
import { useMe, useStore } from "../store/store";
import { Button } from "../ui/Button";
import { CopyButton } from "../ui/CopyButton";
import { Dialog, dialogStyles } from "../ui/Dialog";
import { DialogFoot } from "../ui/DialogFoot";
import { Field } from "../ui/Field";
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

/** Makes a link by which people join. It needs no mail server: one passes it on. With one it is mailed too. */
export default function InviteDialog({ onClose }: { onClose(): void }) {
  const workspace = useStore((s) => s.workspace.name);
  const admin = ["owner", "admin"].includes(useMe()?.role ?? "");
  const [invite, setInvite] = useState<Invite>();
  const [address, setAddress] = useState("");
  const { busy, problem, fields, onSubmit } = useSubmit(async (value) => {
    const email = value("email").trim();
    const body = {
      role: (value("role") || "member") as Role,
      expires_in_seconds: Number(value("expires")),
      ...(email ? { email } : { max_uses: Number(value("max_uses")) }),
    };
    const lost = `A link was made${email && " and mailed, where there is mail"}, but got lost on its way here. Press again for another.`;
    const send = (header: object) => ok(api.POST("/admin/invites", { params: { header }, body }));
    setInvite(await once(["invite", body], send, lost));
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
          <p className={dialogStyles.text} role="status">
            {howItGoes(invite)} It works for {invite.max_uses} {invite.max_uses === 1 ? "person" : "people"} until{" "}
            {dateText(invite.expires_at)}. It is shown only this once.
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
            <Button
              onClick={() => {
                setInvite(undefined);
                setAddress("");
              }}
            >
              Make another
            </Button>
          </div>
        </div>
      ) : (
        <form className={dialogStyles.form} onSubmit={onSubmit}>
          <SelectField label="They join as" name="role" options={roles} autoFocus />
          <Field
            label="Email"
            name="email"
            type="email"
            optional
            maxLength={254}
            autoComplete="off"
            value={address}
            onChange={(event) => setAddress(event.target.value)}
            note="For one person: the link is mailed to it, and the account gets this address"
            error={fields.email}
          />
          {!address && <SelectField label="The link works for" name="max_uses" options={USES} defaultValue="10" />}
          <SelectField
            label={address ? "The link expires after" : "and expires after"}
            name="expires"
            options={LIFE}
            defaultValue="604800"
          />
          <DialogFoot problem={problem} busy={busy} action="Create invite link" onClose={onClose} />
        </form>
      )}
    </Dialog>
  );
}

/** What was done with the link, and what is left to do. */
function howItGoes({ email, mailed }: Invite): string {
  if (!email) return "Pass this link on: by chat, by mail, on paper.";
  if (mailed) return `A link was sent to ${email}. This one works too, should the mail not arrive.`;
  return `Nothing was mailed to ${email}: this server sends no mail, or there went several to it already. Copy the link and pass it on.`;
}

/** The link as the server says, or under the address that this page was opened with. */
const linkOf = (invite: Invite) => invite.url ?? `${location.origin}/invite/${invite.code}`;
