import { useState } from "react";
import { Link, useLocation } from "wouter";
import { api, CLIENT, ok } from "../api/client";
import { start } from "../api/connection";
import { useStore } from "../store/store";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { useSubmit } from "../ui/useSubmit";
import { AuthLayout, authStyles } from "./AuthLayout";
import { usePasskeyAutofill } from "./autofill";
import { nextPath } from "./next";
import { PasskeyButton } from "./PasskeyButton";
import { ProviderButtons } from "./ProviderButtons";
import { signInByPasskey } from "./passkey";
import { askProviders } from "./providers";

void askProviders(); // beside the page itself

export default function LoginPage() {
  const [, navigate] = useLocation();
  const name = useStore((s) => s.meta?.name);
  const joinable = useStore((s) => ["open", "domain"].includes(s.meta?.registration ?? ""));
  const connection = useStore((s) => s.connection);
  const [passkeyProblem, setPasskeyProblem] = useState("");
  const signedIn = async () => {
    navigate(nextPath(location.search), { replace: true });
    await start();
  };
  const instead = usePasskeyAutofill(signedIn, setPasskeyProblem);
  const { busy, problem, onSubmit } = useSubmit(async (value) => {
    const body = {
      username: value("username").trim(),
      password: value("password"),
      client: CLIENT,
      session: "cookie" as const,
    };
    setPasskeyProblem("");
    await instead(async () => {
      await ok(api.POST("/auth/login", { body }));
      await signedIn();
    });
  });
  const ended = connection.name === "closed" ? connection.text : "";
  return (
    <AuthLayout title={name ? `Sign in to ${name}` : "Sign in"} problem={passkeyProblem || problem || ended}>
      <form className={authStyles.form} onSubmit={onSubmit}>
        <Field
          label="User name or email"
          name="username"
          autoComplete="username webauthn"
          autoCapitalize="none"
          spellCheck={false}
          required
          autoFocus
        />
        <Field label="Password" name="password" type="password" autoComplete="current-password" required />
        <Button type="submit" look="primary" size="wide" disabled={busy}>
          {busy ? "Signing in…" : "Sign in"}
        </Button>
      </form>
      <PasskeyButton
        label="Sign in with a passkey"
        size="wide"
        action={() =>
          instead(async () => {
            await signInByPasskey();
            await signedIn();
          })
        }
        onProblem={setPasskeyProblem}
      />
      <ProviderButtons next={nextPath(location.search)} />
      <p className={authStyles.lead}>
        <Link href="/login/forgot">Forgot your password?</Link>
      </p>
      <p className={authStyles.lead}>
        No account yet?{" "}
        {joinable ? <Link href="/signup">Make one</Link> : "Ask somebody of the workspace for an invite link."}
      </p>
    </AuthLayout>
  );
}
