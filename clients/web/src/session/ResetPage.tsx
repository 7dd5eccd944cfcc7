import { useEffect, useState } from "react";
import { Link, useLocation } from "wouter";
import { ApiError, api, ok } from "../api/client";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { useSubmit } from "../ui/useSubmit";
import { AuthLayout, authStyles } from "./AuthLayout";

/** Sets a new password by the code of a link. */
export default function ResetPage() {
  const [, navigate] = useLocation();
  const [code] = useState(() => new URLSearchParams(location.search).get("code") ?? "");
  const [gone, setGone] = useState(code === "");
  const [done, setDone] = useState(false);
  // The code is worth the account: it does not stay in the address and the history.
  useEffect(() => history.replaceState(null, "", "/reset"), []);

  const { busy, problem, fields, onSubmit } = useSubmit(async (value) => {
    try {
      await ok(api.POST("/auth/password/reset", { body: { code, password: value("password") } }));
    } catch (cause) {
      if (!(cause instanceof ApiError) || cause.code !== "gone") throw cause;
      setGone(true);
      return;
    }
    setDone(true);
  });
  if (done) {
    return (
      <AuthLayout title="Your new password is set" lead="Whoever was signed in to your account is signed out.">
        <Button look="primary" size="wide" onClick={() => navigate("/login", { replace: true })}>
          Sign in with it
        </Button>
      </AuthLayout>
    );
  }
  if (gone) {
    return (
      <AuthLayout
        title="This link does not work any more"
        lead="It was used, a newer one replaced it, or it is older than an hour."
      >
        <Button size="wide" onClick={() => navigate("/login/forgot", { replace: true })}>
          Get a new link
        </Button>
      </AuthLayout>
    );
  }
  return (
    <AuthLayout title="Choose a new password" lead="You are signed out everywhere once it is set." problem={problem}>
      <form className={authStyles.form} onSubmit={onSubmit}>
        <Field
          label="New password"
          name="password"
          type="password"
          autoComplete="new-password"
          required
          minLength={10}
          maxLength={128}
          note="At least 10 characters; a few words make a good one"
          error={fields.password}
          autoFocus
        />
        <Button type="submit" look="primary" size="wide" disabled={busy}>
          {busy ? "Setting…" : "Set the password"}
        </Button>
      </form>
      <p className={authStyles.lead}>
        <Link href="/login">Back to signing in</Link>
      </p>
    </AuthLayout>
  );
}
