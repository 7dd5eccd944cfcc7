import { useState } from "react";
import { api, ok } from "../api/client";
import type { EmailState } from "../api/types";
import { act } from "../ui/act";
import { Button } from "../ui/Button";
import { pageStyles } from "../ui/Page";
import { dateText } from "../ui/time";
import styles from "./EmailNotice.module.css";

interface Props {
  state: EmailState;
  onChange(state: EmailState): void;
}

/** What is not settled about one's address: one that waits for its mail, or one that was never confirmed. */
export function EmailNotice({ state, onChange }: Props) {
  const [sent, setSent] = useState(false);
  const { pending } = state;
  const resend = () =>
    act(async () => {
      onChange(await ok(api.POST("/me/email/resend")));
      setSent(true);
    });
  const cancel = () =>
    act(async () => {
      await ok(api.DELETE("/me/email/pending"));
      onChange({ ...state, pending: null });
    });
  return (
    <section className={styles.notice} aria-label="Email confirmation">
      {pending ? (
        <p>
          Waiting for confirmation of <strong>{pending.email}</strong>. Open the link in the mail to it; it works until{" "}
          {dateText(pending.expires_at)}.
          {state.email && state.email !== pending.email && ` Until then your address is ${state.email}.`}
        </p>
      ) : (
        <p>
          <strong>{state.email}</strong> is not confirmed yet.
        </p>
      )}
      <div className={pageStyles.row}>
        <Button size="small" onClick={() => void resend()}>
          {pending ? "Send the mail again" : "Send a link to confirm it"}
        </Button>
        {pending && (
          <Button size="small" onClick={() => void cancel()}>
            Cancel
          </Button>
        )}
        <span className={styles.sent} role="status">
          {sent && "Sent"}
        </span>
      </div>
    </section>
  );
}
