import { useState } from "react";
import { api, ok } from "../api/client";
import { keepMe } from "../session/keepMe";
import { useMe, useStore } from "../store/store";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { pageStyles as styles } from "../ui/Page";
import { useSubmit } from "../ui/useSubmit";
import { AvatarForm } from "./AvatarForm";
import { EmailNotice } from "./EmailNotice";
import { PasswordForm } from "./PasswordForm";
import { ProfileFields } from "./ProfileFields";
import { useEmail, useUnsettled } from "./useEmail";

export function ProfileTab() {
  const me = useMe();
  const asked = useStore((s) => s.workspace.profile_fields);
  const [saved, setSaved] = useState(false);
  const [email, setEmail, askEmail] = useEmail();
  const unsettled = useUnsettled(email);
  const { busy, problem, fields, onSubmit } = useSubmit(async (value) => {
    const body = {
      display_name: value("display_name").trim(),
      username: value("username"),
      email: value("email").trim(),
      title: value("title"),
      pronouns: value("pronouns"),
      time_zone: value("time_zone"),
      locale: value("locale").trim(),
      ...(asked.length > 0 && { fields: Object.fromEntries(asked.map(({ key }) => [key, value(`fields/${key}`)])) }),
    };
    await keepMe(ok(api.PATCH("/me", { body })));
    setSaved(true);
    await askEmail();
  });
  if (!me) return null;
  return (
    <>
      <section className={styles.section} aria-labelledby="profile">
        <h2 id="profile">Profile</h2>
        <AvatarForm me={me} />
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
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            defaultValue={me.username}
            note="How others mention you; your former names keep finding you"
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
          {unsettled && <EmailNotice key={email.pending?.email} state={email} onChange={setEmail} />}
          <ProfileFields me={me} errors={fields} />
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
