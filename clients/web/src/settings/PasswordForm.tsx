import { useRef, useState } from "react";
import { api, ok } from "../api/client";
import { useMe } from "../store/store";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { NewPasswordField } from "../ui/NewPasswordField";
import { pageStyles as styles } from "../ui/Page";
import { useSubmit } from "../ui/useSubmit";

export function PasswordForm() {
  const username = useMe()?.username;
  const form = useRef<HTMLFormElement>(null);
  const [saved, setSaved] = useState(false);
  const { busy, problem, fields, onSubmit } = useSubmit(async (value) => {
    await ok(api.PUT("/auth/password", { body: { current: value("current"), new: value("new") } }));
    form.current?.reset();
    setSaved(true);
  });
  return (
    <section className={styles.section} aria-labelledby="password">
      <h2 id="password">Password</h2>
      <p className={styles.lead}>Changing it signs you out everywhere else.</p>
      <form ref={form} className={styles.form} onSubmit={onSubmit} onInput={() => setSaved(false)}>
        {/* For password managers: which account the password is of. */}
        <input type="text" name="username" autoComplete="username" defaultValue={username} hidden readOnly />
        <Field
          label="Current password"
          name="current"
          type="password"
          required
          autoComplete="current-password"
          error={fields.current}
        />
        <NewPasswordField label="New password" name="new" error={fields.new} />
        {problem && (
          <p className={styles.problem} role="alert">
            {problem}
          </p>
        )}
        <div className={styles.row}>
          <Button type="submit" disabled={busy}>
            Change password
          </Button>
          <span className={styles.done} role="status">
            {saved && "Changed"}
          </span>
        </div>
      </form>
    </section>
  );
}
