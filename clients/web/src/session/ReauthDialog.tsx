import { useState } from "react";
import { api, ok } from "../api/client";
import { useMe } from "../store/store";
import { Button } from "../ui/Button";
import { CodeField } from "../ui/CodeField";
import { Dialog, dialogStyles } from "../ui/Dialog";
import { DialogFoot } from "../ui/DialogFoot";
import { Field } from "../ui/Field";
import { useSubmit } from "../ui/useSubmit";
import { PasskeyButton } from "./PasskeyButton";
import { ProviderProof } from "./ProviderProof";
import { proveByPasskey } from "./passkey";
import { useFactors } from "./useFactors";

/** Asks who is there before a change that decides who gets in. */
export default function ReauthDialog({ onDone }: { onDone(proved: boolean): void }) {
  const username = useMe()?.username;
  const [byCode, setByCode] = useState(false);
  const passkeys = useFactors()?.passkeys ?? 0;
  const [passkeyProblem, setPasskeyProblem] = useState("");
  const { busy, problem, fields, onSubmit } = useSubmit(async (value) => {
    const body = byCode ? { code: value("code") } : { password: value("password") };
    await ok(api.POST("/auth/reauth", { body }));
    onDone(true);
  });
  return (
    <Dialog title="Confirm that it is you" onClose={() => onDone(false)}>
      <form onSubmit={onSubmit} className={dialogStyles.form}>
        <p className={dialogStyles.text}>You signed in a while ago, and this decides who gets into your account.</p>
        {/* For password managers: which account the password is of. */}
        <input type="text" name="username" autoComplete="username" defaultValue={username} hidden readOnly />
        {byCode ? (
          <CodeField key="code" error={fields.code} autoFocus />
        ) : (
          <Field
            key="password"
            label="Password"
            name="password"
            type="password"
            required
            autoFocus
            autoComplete="current-password"
            error={fields.password}
          />
        )}
        <DialogFoot problem={passkeyProblem || problem} busy={busy} action="Confirm">
          {passkeys > 0 && (
            <PasskeyButton
              label="Use a passkey"
              action={async () => {
                await proveByPasskey();
                onDone(true);
              }}
              onProblem={setPasskeyProblem}
            />
          )}
          <ProviderProof />
          <Button onClick={() => setByCode(!byCode)}>{byCode ? "Use the password" : "Use a code"}</Button>
        </DialogFoot>
      </form>
    </Dialog>
  );
}
