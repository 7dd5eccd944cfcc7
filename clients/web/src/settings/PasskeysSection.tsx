import { useState } from "react";
import { api, ok } from "../api/client";
import type { Passkey } from "../api/types";
import { createPasskey, passkeysWork } from "../session/passkey";
import { act } from "../ui/act";
import { Button } from "../ui/Button";
import { ConfirmDialog } from "../ui/ConfirmDialog";
import { Field } from "../ui/Field";
import { Icon } from "../ui/Icon";
import { pageStyles as styles } from "../ui/Page";
import { dateText } from "../ui/time";
import { useList } from "../ui/useList";
import { useSubmit } from "../ui/useSubmit";
import { PasskeyNameDialog } from "./PasskeyNameDialog";
import { RecoveryCodes } from "./RecoveryCodes";

const load = () => ok(api.GET("/me/passkeys"));

/** The passkeys of one's devices: a list, and a form that makes one. onChange hears when there is one more or less. */
export function PasskeysSection({ onChange }: { onChange(): void }) {
  const { rows, problem, again } = useList(load);
  const [codes, setCodes] = useState<string[]>([]);
  const [renaming, setRenaming] = useState<Passkey>();
  const [removing, setRemoving] = useState<Passkey>();
  const create = useSubmit(async (value) => {
    const made = await createPasskey(value("name").trim());
    setCodes(made.recovery_codes);
    await again();
    onChange();
  });
  const remove = (passkey: Passkey) =>
    act(async () => {
      await ok(api.DELETE("/me/passkeys/{passkey}", { params: { path: { passkey: passkey.id } } }));
      await again();
      onChange();
    });

  return (
    <section className={styles.section} aria-labelledby="passkeys">
      <h2 id="passkeys">Passkeys</h2>
      <p className={styles.lead}>
        A passkey signs you in by your fingerprint, face or PIN, without the password. It works on this server alone, so
        nobody can lure it out of you. It is a second factor, too.
      </p>
      {codes.length > 0 && <RecoveryCodes codes={codes} onDone={() => setCodes([])} />}
      {problem && <p className={styles.problem}>{problem}</p>}
      {rows && rows.length > 0 && (
        <ul className={styles.list} aria-labelledby="passkeys">
          {rows.map((passkey) => (
            <li key={passkey.id}>
              <Icon name="key-round" />
              <span className={styles.what}>
                <span>{passkey.name}</span>
                <small>{about(passkey)}</small>
              </span>
              <Button size="small" onClick={() => setRenaming(passkey)}>
                Rename
                <span className="visually-hidden"> {passkey.name}</span>
              </Button>
              <Button size="small" onClick={() => setRemoving(passkey)}>
                Remove
                <span className="visually-hidden"> {passkey.name}</span>
              </Button>
            </li>
          ))}
        </ul>
      )}
      {passkeysWork() ? (
        <form className={styles.form} onSubmit={create.onSubmit}>
          <Field
            label="Name of the new passkey"
            name="name"
            maxLength={64}
            autoComplete="off"
            placeholder="Laptop"
            note="To tell it from others: the device or the app that keeps it."
            error={create.fields.name}
          />
          {create.problem && (
            <p className={styles.problem} role="alert">
              {create.problem}
            </p>
          )}
          <div className={styles.row}>
            <Button type="submit" look="primary" disabled={create.busy}>
              {create.busy ? "Asking your browser…" : "Add a passkey"}
            </Button>
          </div>
        </form>
      ) : (
        <p className={styles.lead}>
          To add one, open this server by its https address in a browser that knows passkeys.
        </p>
      )}
      {renaming && (
        <PasskeyNameDialog
          passkey={renaming}
          onDone={() => {
            setRenaming(undefined);
            void again();
          }}
          onClose={() => setRenaming(undefined)}
        />
      )}
      {removing && (
        <ConfirmDialog
          title={`Remove the passkey ${removing.name}?`}
          text="It signs you in no more, and sessions that it began end, but not this one. Delete it on the device, too: the browser goes on offering it."
          action="Remove"
          onConfirm={() => void remove(removing)}
          onClose={() => setRemoving(undefined)}
        />
      )}
    </section>
  );
}

function about(passkey: Passkey): string {
  const used = passkey.last_used_at ? `last used ${dateText(passkey.last_used_at)}` : "never used";
  const where = passkey.host === location.hostname ? "" : `for ${passkey.host} · `;
  return `${where}${passkey.synced ? "on several devices · " : ""}made ${dateText(passkey.created_at)} · ${used}`;
}
