import { useEffect, useState } from "react";
import { api, ok } from "../api/client";
import type { Settings } from "../api/types";
import { act } from "../ui/act";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { pageStyles as styles } from "../ui/Page";
import { SelectField } from "../ui/SelectField";
import { Spinner } from "../ui/Spinner";
import { useSubmit } from "../ui/useSubmit";
import { Retention } from "./Retention";

const REGISTRATION = [
  ["invite", "By invite link"],
  ["closed", "Closed: administrators make accounts"],
] as const;

export function SettingsTab() {
  const [settings, setSettings] = useState<Settings>();
  useEffect(() => {
    void act(async () => setSettings(await ok(api.GET("/admin/settings"))));
  }, []);
  if (!settings) return <Spinner />;
  return (
    <>
      <SettingsForm key={settings.version} settings={settings} onSaved={setSettings} />
      <Retention days={settings.retention_days} />
    </>
  );
}

function SettingsForm({ settings, onSaved }: { settings: Settings; onSaved(settings: Settings): void }) {
  const [changed, setChanged] = useState(false);
  const { busy, problem, fields, onSubmit } = useSubmit(async (value) => {
    const body = {
      name: value("name").trim(),
      registration: value("registration") as Settings["registration"],
      retention_days: Number(value("retention_days")),
    };
    // The version read is the one changed: what somebody else saved meanwhile is not undone.
    const params = { header: { "If-Match": `"${settings.version}"` } };
    onSaved(await ok(api.PATCH("/admin/settings", { params, body })));
  });
  return (
    <section className={styles.section} aria-labelledby="workspace">
      <h2 id="workspace">Workspace</h2>
      <form className={styles.form} onSubmit={onSubmit} onInput={() => setChanged(true)}>
        <Field label="Name" name="name" required maxLength={80} defaultValue={settings.name} error={fields.name} />
        <SelectField
          label="New people join"
          name="registration"
          options={REGISTRATION}
          defaultValue={settings.registration}
        />
        <Field
          label="Keep messages for, in days"
          name="retention_days"
          type="number"
          min={0}
          required
          defaultValue={settings.retention_days}
          note="0 keeps them for ever"
          error={fields.retention_days}
        />
        {problem && (
          <p className={styles.problem} role="alert">
            {problem}
          </p>
        )}
        <div className={styles.row}>
          <Button type="submit" look="primary" disabled={busy || !changed}>
            Save
          </Button>
        </div>
      </form>
    </section>
  );
}
