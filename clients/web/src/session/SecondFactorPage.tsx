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
import { SignOut } from "./SignOut";

/** The second step of signing in. */
export default function SecondFactorPage() {
  const [, navigate] = useLocation();
  const [recovery, setRecovery] = useState(false);
  const { busy, problem, fields, onSubmit } = useSubmit(async (value) => {
    await ok(api.POST("/auth/2fa/verify", { body: { code: value("code") } }));
    navigate(nextPath(location.search), { replace: true });
    await start();
  });
  return (
    <AuthLayout title="One more step" problem={problem}>
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
        <Button type="submit" look="primary" size="wide" disabled={busy}>
          {busy ? "Checking…" : "Continue"}
        </Button>
      </form>
      <Button size="wide" onClick={() => setRecovery(!recovery)}>
        {recovery ? "Use the authenticator app" : "Use a recovery code"}
      </Button>
      <SignOut />
    </AuthLayout>
  );
}
