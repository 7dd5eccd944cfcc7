import { useState } from "react";
import { Link, useLocation } from "wouter";
import { ApiError, api, ok } from "../api/client";
import { Button } from "../ui/Button";
import { NewPasswordField } from "../ui/NewPasswordField";
import { useSubmit } from "../ui/useSubmit";
import { AuthLayout, authStyles } from "./AuthLayout";
import { useLinkCode } from "./useLinkCode";

/** Sets a new password by the code of a link. */
export default function ResetPage() {
  const [, navigate] = useLocation();
  const code = useLinkCode();
  const [gone, setGone] = useState(code === "");
  const [done, setDone] = useState(false);

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
        <NewPasswordField label="New password" name="password" error={fields.password} autoFocus />
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
