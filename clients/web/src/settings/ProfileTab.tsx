import { useState } from "react";
import { api, ok } from "../api/client";
import { set, useMe } from "../store/store";
import { Avatar } from "../ui/Avatar";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { pageStyles as styles } from "../ui/Page";
import { useSubmit } from "../ui/useSubmit";
import { PasswordForm } from "./PasswordForm";

export function ProfileTab() {
  const me = useMe();
  const [saved, setSaved] = useState(false);
  const { busy, problem, fields, onSubmit } = useSubmit(async (value) => {
    const body = {
      display_name: value("display_name").trim(),
      username: value("username"),
      email: value("email").trim(),
    };
    const changed = await ok(api.PATCH("/me", { body }));
    set((s) => ({ me: changed, users: { ...s.users, [changed.id]: changed } }));
    setSaved(true);
  });
  if (!me) return null;
  return (
    <>
      <section className={styles.section} aria-labelledby="profile">
        <h2 id="profile">Profile</h2>
        <Avatar id={me.id} name={me.display_name} size={64} />
        <form className={styles.form} onSubmit={onSubmit} onInput={() => setSaved(false)}>
          <Field
            label="Name"
            name="display_name"
            required
            maxLength={64}
            autoComplete="name"
            defaultValue={me.display_name}
            error={fields.display_name}
          />
          <Field
            label="User name"
            name="username"
            required
            minLength={2}
            maxLength={32}
            pattern="[a-z0-9._\-]+"
            title="Lower-case letters, digits, dot, hyphen and underscore"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            defaultValue={me.username}
            note="How others mention you"
            error={fields.username}
          />
          <Field
            label="Email"
            name="email"
            type="email"
            optional
            maxLength={254}
            autoComplete="email"
            defaultValue={me.email ?? ""}
            note="Seen by administrators only; you can sign in with it"
            error={fields.email}
          />
          {problem && (
            <p className={styles.problem} role="alert">
              {problem}
            </p>
          )}
          <div className={styles.row}>
            <Button type="submit" look="primary" disabled={busy}>
              Save
            </Button>
            <span className={styles.done} role="status">
              {saved && "Saved"}
            </span>
          </div>
        </form>
      </section>
      <PasswordForm />
    </>
  );
}
