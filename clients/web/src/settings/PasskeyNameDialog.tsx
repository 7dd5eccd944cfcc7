import { api, ok } from "../api/client";
import type { Passkey } from "../api/types";
import { Button } from "../ui/Button";
import { Dialog, dialogStyles } from "../ui/Dialog";
import { Field } from "../ui/Field";
import { pageStyles as styles } from "../ui/Page";
import { useSubmit } from "../ui/useSubmit";

interface Props {
  passkey: Passkey;
  onDone(): void;
  onClose(): void;
}

/** Gives a passkey another name. */
export function PasskeyNameDialog({ passkey, onDone, onClose }: Props) {
  const { busy, problem, fields, onSubmit } = useSubmit(async (value) => {
    const params = { path: { passkey: passkey.id } };
    await ok(api.PATCH("/me/passkeys/{passkey}", { params, body: { name: value("name") } }));
    onDone();
  });
  return (
    <Dialog title="Rename the passkey" onClose={onClose}>
      <form className={styles.form} onSubmit={onSubmit}>
        <Field label="Name" name="name" required maxLength={64} defaultValue={passkey.name} error={fields.name} />
        {problem && (
          <p className={styles.problem} role="alert">
            {problem}
          </p>
        )}
        <div className={dialogStyles.actions}>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={busy}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
