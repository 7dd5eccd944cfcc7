import { useState } from "react";
import { Link } from "wouter";
import { api, ok } from "../api/client";
import { useStore } from "../store/store";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { useSubmit } from "../ui/useSubmit";
import { AuthLayout, authStyles } from "./AuthLayout";

/** Asks for a link to set a new password. The answer does not tell who has an account. */
export default function ForgotPage() {
  const mail = useStore((s) => s.meta?.mail ?? false);
  const [asked, setAsked] = useState(false);
  const { busy, problem, fields, onSubmit } = useSubmit(async (value) => {
    const account = value("account").trim();
    const body = account.includes("@") ? { email: account } : { username: account };
    await ok(api.POST("/auth/password/forgot", { body }));
    setAsked(true);
  });
  const back = (
    <p className={authStyles.lead}>
      <Link href="/login">Back to signing in</Link>
    </p>
  );
  if (!mail) {
    return (
      <AuthLayout
        title="Forgot your password?"
        lead="This server sends no mail. Ask an administrator of the workspace for a link: they make one in the administration, under Users, and with it you choose a new password."
      >
        {back}
      </AuthLayout>
    );
  }
  if (asked) {
    return (
      <AuthLayout
        title="Look into your mail"
        lead="If there is such an account and it has an email address, a link is on its way. It works once, for an hour. Nothing there? Look among the spam, or ask an administrator for a link."
      >
        {back}
      </AuthLayout>
    );
  }
  return (
    <AuthLayout
      title="Forgot your password?"
      lead="We mail you a link with which you choose a new one."
      problem={problem || fields.username || fields.email}
    >
      <form className={authStyles.form} onSubmit={onSubmit}>
        <Field
          label="User name or email"
          name="account"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          maxLength={254}
          autoFocus
        />
        <Button type="submit" look="primary" size="wide" disabled={busy}>
          Send the link
        </Button>
      </form>
      {back}
    </AuthLayout>
  );
}
