import { useState } from "react";
import { Link, useLocation } from "wouter";
import { ApiError, api, CLIENT, ok } from "../api/client";
import { start } from "../api/connection";
import { WELCOME } from "../paths";
import { Button } from "../ui/Button";
import { useSubmit } from "../ui/useSubmit";
import { AuthLayout, authStyles } from "./AuthLayout";
import { useLinkCode } from "./useLinkCode";

/** Proves an address by the code of a mailed link, at a click: what only opens links makes no account. */
export default function VerifyPage() {
  const [, navigate] = useLocation();
  const code = useLinkCode();
  const [gone, setGone] = useState(code === "");
  const { busy, problem, fields, onSubmit } = useSubmit(async () => {
    try {
      await ok(api.POST("/auth/signup/verify", { body: { code, client: CLIENT, session: "cookie" as const } }));
    } catch (cause) {
      if (!(cause instanceof ApiError) || cause.code !== "gone") throw cause;
      setGone(true);
      return;
    }
    navigate(WELCOME, { replace: true });
    await start();
  });
  if (gone) {
    return (
      <AuthLayout
        title="This link does not work any more"
        lead="It was used, or it is older than a day. If your account is there already, sign in."
      >
        <Button look="primary" size="wide" onClick={() => navigate("/login", { replace: true })}>
          Sign in
        </Button>
        <p className={authStyles.lead}>
          <Link href="/signup">Sign up again</Link>
        </p>
      </AuthLayout>
    );
  }
  return (
    <AuthLayout
      title="One click more"
      lead="With it your address is proved and your account is made."
      problem={problem || fields.username}
    >
      <form className={authStyles.form} onSubmit={onSubmit}>
        <Button type="submit" look="primary" size="wide" disabled={busy}>
          Make my account
        </Button>
      </form>
    </AuthLayout>
  );
}
