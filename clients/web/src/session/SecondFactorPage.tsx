import { useState } from "react";
import { useLocation } from "wouter";
import { api, ok } from "../api/client";
import { start } from "../api/connection";
import { Button } from "../ui/Button";
import { CodeField } from "../ui/CodeField";
import { Field } from "../ui/Field";
import { useSubmit } from "../ui/useSubmit";
import { AuthLayout, authStyles } from "./AuthLayout";
import { nextPath } from "./next";
import { PasskeyButton } from "./PasskeyButton";
import { passkeysWork, proveByPasskey } from "./passkey";
import { SignOut } from "./SignOut";
import { useFactors } from "./useFactors";

/** The second step of signing in. */
export default function SecondFactorPage() {
  const [, navigate] = useLocation();
  const factors = useFactors();
  const byPasskey = passkeysWork() && (factors?.passkeys ?? 0) > 0;
  const [choice, setChoice] = useState<"app" | "recovery">();
  const [passkeyProblem, setPasskeyProblem] = useState("");
  // Without an app there is no code to ask for: the passkey is enough, or a recovery code.
  const app = factors?.totp !== false;
  const recovery = choice === "recovery" || (!app && !byPasskey);
  const proved = async () => {
    navigate(nextPath(location.search), { replace: true });
    await start();
  };
  const { busy, problem, fields, onSubmit } = useSubmit(async (value) => {
    setPasskeyProblem("");
    await ok(api.POST("/auth/2fa/verify", { body: { code: value("code") } }));
    await proved();
  });
  return (
    <AuthLayout title="One more step" problem={passkeyProblem || problem}>
      {byPasskey && (
        <PasskeyButton
          label="Use a passkey"
          look="primary"
          size="wide"
          action={async () => {
            await proveByPasskey();
            await proved();
          }}
          onProblem={setPasskeyProblem}
        />
      )}
      {(recovery || app) && (
        <form className={authStyles.form} onSubmit={onSubmit} key={recovery ? "recovery" : "app"}>
          {recovery ? (
            <Field
              label="Recovery code"
              name="code"
              required
              autoFocus
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              placeholder="xxxx-xxxx-xxxx-xxxx"
              note="Each works once."
              error={fields.code}
            />
          ) : (
            <CodeField autoFocus error={fields.code} />
          )}
          <Button type="submit" look={byPasskey ? "plain" : "primary"} size="wide" disabled={busy}>
            {busy ? "Checking…" : "Continue"}
          </Button>
        </form>
      )}
      {!recovery && (
        <Button size="wide" onClick={() => setChoice("recovery")}>
          Use a recovery code
        </Button>
      )}
      {recovery && app && (
        <Button size="wide" onClick={() => setChoice("app")}>
          Use the authenticator app
        </Button>
      )}
      <SignOut />
    </AuthLayout>
  );
}
