import { useState } from "react";
import { api, ok } from "../api/client";
import { randomID } from "../api/id";
import type { Settings } from "../api/types";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { Icon } from "../ui/Icon";
import { IconButton } from "../ui/IconButton";
import { pageStyles as styles } from "../ui/Page";
import { useSubmit } from "../ui/useSubmit";
import { fieldKey } from "./fieldKey";
import fieldStyles from "./ProfileFieldsForm.module.css";

const MOST = 8;

/** What people are asked about in their profiles besides the usual. */
export function ProfileFieldsForm({ settings, onSaved }: { settings: Settings; onSaved(settings: Settings): void }) {
  const [rows, setRows] = useState(settings.profile_fields.map((field) => ({ ...field, id: field.key })));
  const { busy, problem, fields, onSubmit } = useSubmit(async (value) => {
    const taken = new Set<string>(rows.map((row) => row.key));
    const profile_fields = rows.map((row) => {
      const label = value(`label-${row.id}`).trim();
      return { key: row.key || fieldKey(label, taken), label };
    });
    const params = { header: { "If-Match": `"${settings.version}"` } };
    onSaved(await ok(api.PATCH("/admin/settings", { params, body: { profile_fields } })));
  });
  return (
    <section className={styles.section} aria-labelledby="profile-fields">
      <h2 id="profile-fields">Profile fields</h2>
      <p className={styles.quiet}>
        What people are asked about in their profiles, besides title, pronouns and time zone.
      </p>
      <form className={styles.form} onSubmit={onSubmit}>
        {rows.map((row, i) => (
          <div key={row.id} className={fieldStyles.row}>
            <Field
              label={`Field ${i + 1}`}
              name={`label-${row.id}`}
              required
              maxLength={40}
              defaultValue={row.label}
              error={fields[`profile_fields/${i}/label`] ?? fields[`profile_fields/${i}/key`]}
            />
            <IconButton
              icon="trash-2"
              label={`Remove field ${i + 1}`}
              onClick={() => setRows(rows.filter((other) => other !== row))}
            />
          </div>
        ))}
        {problem && (
          <p className={styles.problem} role="alert">
            {problem}
          </p>
        )}
        <div className={styles.row}>
          <Button
            disabled={rows.length >= MOST}
            onClick={() => setRows([...rows, { key: "", label: "", id: randomID() }])}
          >
            <Icon name="plus" size={16} />
            Add a field
          </Button>
          <Button type="submit" look="primary" disabled={busy}>
            Save fields
          </Button>
        </div>
      </form>
    </section>
  );
}
