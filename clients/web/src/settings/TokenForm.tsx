import { useRef } from "react";
import { api, ok } from "../api/client";
import { once } from "../api/once";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { pageStyles as styles } from "../ui/Page";
import { SelectField } from "../ui/SelectField";
import { useSubmit } from "../ui/useSubmit";

const SCOPES = {
  all: ["*"],
  chat: ["messages:read", "messages:write", "channels:read", "users:read"],
  read: ["messages:read", "channels:read", "users:read"],
  write: ["messages:write", "channels:read"],
};
const MAY = [
  ["chat", "Read and write messages"],
  ["read", "Read only"],
  ["write", "Write messages only"],
  ["all", "Everything that I may do"],
] as const;
const LIFE = [
  ["30", "30 days"],
  ["90", "90 days"],
  ["365", "1 year"],
  ["", "Never"],
] as const;
const DAY = 86_400_000;

interface Props {
  onCreated(secret: string): void;
  /** It was not made, for all that is known. */
  onFailed(): void;
}

export function TokenForm({ onCreated, onFailed }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const { busy, problem, fields, onSubmit } = useSubmit(async (value) => {
    const days = Number(value("expires"));
    const token = { name: value("name").trim(), scopes: SCOPES[value("scopes") as keyof typeof SCOPES] };
    const making = once(
      ["token", token, days],
      (header, since) => {
        const body = { ...token, expires_at: days ? new Date(since + days * DAY).toISOString() : null };
        return ok(api.POST("/me/tokens", { params: { header }, body }));
      },
      "The token was made, but got lost on its way here. Revoke it in the list above, and press again for another.",
    );
    making.catch(onFailed);
    const { secret } = await making;
    form.current?.reset();
    onCreated(secret);
  });
  return (
    <section className={styles.section} aria-labelledby="new-token">
      <h2 id="new-token">New token</h2>
      <form ref={form} className={styles.form} onSubmit={onSubmit}>
        <Field label="Name" name="name" required maxLength={80} placeholder="deploy bot" error={fields.name} />
        <SelectField label="It may" name="scopes" options={MAY} />
        <SelectField label="It expires after" name="expires" options={LIFE} />
        {(problem || fields.scopes || fields.expires_at) && (
          <p className={styles.problem} role="alert">
            {problem || fields.scopes || fields.expires_at}
          </p>
        )}
        <div className={styles.row}>
          <Button type="submit" look="primary" disabled={busy}>
            Create token
          </Button>
        </div>
      </form>
    </section>
  );
}
