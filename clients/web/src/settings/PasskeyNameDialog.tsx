import { api, ok } from "../api/client";
import type { Passkey } from "../api/types";
import { Dialog, dialogStyles } from "../ui/Dialog";
import { DialogFoot } from "../ui/DialogFoot";
import { Field } from "../ui/Field";
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
      <form className={dialogStyles.form} onSubmit={onSubmit}>
        <Field label="Name" name="name" required maxLength={64} defaultValue={passkey.name} error={fields.name} />
        <DialogFoot problem={problem} busy={busy} action="Save" onClose={onClose} />
      </form>
    </Dialog>
  );
}
