import { useEffect, useState } from "react";
import { api, ok } from "../api/client";
import type { Role, Settings } from "../api/types";
import { act } from "../ui/act";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { pageStyles as styles } from "../ui/Page";
import { SelectField } from "../ui/SelectField";
import { Spinner } from "../ui/Spinner";
import { useSubmit } from "../ui/useSubmit";
import { ProfileFieldsForm } from "./ProfileFieldsForm";
import { Retention } from "./Retention";

const REGISTRATION = [
  ["open", "Freely: whoever likes to"],
  ["domain", "With an address of a domain, or by invite link"],
  ["invite", "By invite link"],
  ["closed", "Closed: administrators make accounts"],
] as const;

const FACTORS: readonly (readonly [string, string])[] = [
  ["", "Nobody"],
  ["owner,admin", "Owners and administrators"],
  ["owner,admin,member", "Everybody but guests"],
  ["owner,admin,member,guest", "Everybody"],
];

export function SettingsTab() {
  const [settings, setSettings] = useState<Settings>();
  useEffect(() => {
    void act(async () => setSettings(await ok(api.GET("/admin/settings"))));
  }, []);
  if (!settings) return <Spinner />;
  return (
    <>
      <SettingsForm key={settings.version} settings={settings} onSaved={setSettings} />
      <ProfileFieldsForm key={`fields-${settings.version}`} settings={settings} onSaved={setSettings} />
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
      registration_domains: value("registration_domains")
        .split(/[\s,]+/)
        .filter(Boolean),
      retention_days: Number(value("retention_days")),
      require_second_factor: value("require_second_factor").split(",").filter(Boolean) as Role[],
    };
    // The version read is the one changed: what somebody else saved meanwhile is not undone.
    const params = { header: { "If-Match": `"${settings.version}"` } };
    onSaved(await ok(api.PATCH("/admin/settings", { params, body })));
  });
  const demanded = settings.require_second_factor.join(",");
  // Other roles, as a command line or the API may have set them, are kept.
  const factors = FACTORS.some(([roles]) => roles === demanded)
    ? FACTORS
    : [...FACTORS, [demanded, demanded.replaceAll(",", ", ")] as const];
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
          label="Domains of their addresses"
          name="registration_domains"
          defaultValue={settings.registration_domains.join(", ")}
          note="For joining with an address: example.org, example.com"
          error={fields.registration_domains}
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
        <SelectField
          label="A second factor is needed by"
          name="require_second_factor"
          options={factors}
          defaultValue={demanded}
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
