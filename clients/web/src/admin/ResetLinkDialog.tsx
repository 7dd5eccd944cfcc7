import { useState } from "react";
import { api, ok } from "../api/client";
import { once } from "../api/once";
import type { User } from "../api/types";
import styles from "../channels/InviteDialog.module.css";
import { CopyButton } from "../ui/CopyButton";
import { Dialog, dialogStyles } from "../ui/Dialog";
import { DialogFoot } from "../ui/DialogFoot";
import { useSubmit } from "../ui/useSubmit";

/** Makes a link by which somebody else sets a new password. */
export function ResetLinkDialog({ user, onClose }: { user: User; onClose(): void }) {
  const [link, setLink] = useState("");
  const { busy, problem, onSubmit } = useSubmit(async () => {
    const path = { user: user.id };
    const { url } = await once(
      ["reset link", path],
      (header) => ok(api.POST("/admin/users/{user}/reset-link", { params: { path, header } })),
      "A link was made, but got lost on its way here. Press again for another, which takes its place.",
    );
    setLink(url);
  });
  return (
    <Dialog title={`A new password for ${user.display_name}`} onClose={onClose}>
      {link ? (
        <div className={styles.result}>
          <p className={dialogStyles.text}>
            Hand this link to {user.display_name} and nobody else: who has it has the account. It works once, for an
            hour, and is shown only now.
          </p>
          <div className={styles.link}>
            <input readOnly aria-label="Link" value={link} onFocus={(event) => event.target.select()} />
            <CopyButton text={link} label="Copy link" />
          </div>
        </div>
      ) : (
        <form className={dialogStyles.form} onSubmit={onSubmit}>
          <p className={dialogStyles.text}>
            For somebody who has forgotten it. With the link they choose a new password, and all of their sessions end.
            Make sure that it is they who ask.
          </p>
          <DialogFoot problem={problem} busy={busy} action="Make the link" onClose={onClose} />
        </form>
      )}
    </Dialog>
  );
}
