import { useState } from "react";
import { Link, useLocation } from "wouter";
import { api, CLIENT, ok } from "../api/client";
import { start } from "../api/connection";
import { once } from "../api/once";
import { WELCOME } from "../paths";
import { useStore } from "../store/store";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { useSubmit } from "../ui/useSubmit";
import { AccountFields } from "./AccountFields";
import { AuthLayout, authStyles } from "./AuthLayout";
import { accountOf } from "./account";

/** Making an account without an invite, where the workspace lets people. */
export default function SignupPage() {
  const [, navigate] = useLocation();
  const meta = useStore((s) => s.meta);
  const [asked, setAsked] = useState("");
  const { busy, problem, fields, onSubmit } = useSubmit(async (value) => {
    const email = value("email").trim();
    const body = { ...accountOf(value), email, client: CLIENT, session: "cookie" as const };
    const made = await once(
      ["signup", body],
      (header) => ok(api.POST("/auth/signup", { params: { header }, body })),
      "This was done already; only the answer got lost on its way here. Look into your mail, or sign in with the account.",
    );
    if (!("user" in made)) {
      setAsked(email);
      return;
    }
    navigate(WELCOME, { replace: true });
    await start();
  });
  if (asked) {
    return (
      <AuthLayout
        title="Look into your mail"
        lead={`A link is on its way to ${asked}, unless it has an account already. With it your account is made; it works for a day.`}
      />
    );
  }
  const needed = meta?.registration === "domain" || meta?.mail;
  return (
    <AuthLayout title={`Join ${meta?.name ?? ""}`} problem={problem}>
      <form className={authStyles.form} onSubmit={onSubmit}>
        <AccountFields fields={fields} autoFocus />
        <Field
          label="Email"
          name="email"
          type="email"
          autoComplete="email"
          required={needed}
          maxLength={254}
          note={needed ? "A mail to it proves that it is yours" : "Optional"}
          error={fields.email}
        />
        <Button type="submit" look="primary" size="wide" disabled={busy}>
          {busy ? "Joining…" : "Join"}
        </Button>
      </form>
      <p className={authStyles.lead}>
        <Link href="/login">I have an account</Link>
      </p>
    </AuthLayout>
  );
}
