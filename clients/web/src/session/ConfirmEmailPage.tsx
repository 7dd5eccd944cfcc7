import { useState } from "react";
import { useLocation } from "wouter";
import { ApiError, api, ok } from "../api/client";
import { Button } from "../ui/Button";
import { useSubmit } from "../ui/useSubmit";
import { AuthLayout, authStyles } from "./AuthLayout";
import { useLinkCode } from "./useLinkCode";

/** Confirms an address by the code of a mailed link, at a click: what only opens links confirms nothing. */
export default function ConfirmEmailPage() {
  const [, navigate] = useLocation();
  const code = useLinkCode();
  const [end, setEnd] = useState(code ? "" : "gone");
  const { busy, problem, onSubmit } = useSubmit(async () => {
    try {
      await ok(api.POST("/auth/email/verify", { body: { code } }));
      setEnd("done");
    } catch (cause) {
      if (!(cause instanceof ApiError) || (cause.code !== "gone" && cause.code !== "name_taken")) throw cause;
      setEnd(cause.code);
    }
  });
  const on = (label: string) => (
    <Button look="primary" size="wide" onClick={() => navigate("/", { replace: true })}>
      {label}
    </Button>
  );
  if (end === "done") {
    return (
      <AuthLayout title="Your address is confirmed" lead="It is the one of your account from now on.">
        {on("Go to the workspace")}
      </AuthLayout>
    );
  }
  if (end === "name_taken") {
    return (
      <AuthLayout
        title="This address is another account’s by now"
        lead="Your account keeps the one it has. You can choose another in the settings, under Profile."
      >
        {on("Go to the workspace")}
      </AuthLayout>
    );
  }
  if (end === "gone") {
    return (
      <AuthLayout
        title="This link does not work any more"
        lead="It was used, a newer one replaced it, or it is older than a day. You get a new one in the settings, under Profile."
      >
        {on("Go to the workspace")}
      </AuthLayout>
    );
  }
  return (
    <AuthLayout
      title="Is this your address?"
      lead="With one click you confirm that the mail came to you, and the address is the one of your account."
      problem={problem}
    >
      <form className={authStyles.form} onSubmit={onSubmit}>
        <Button type="submit" look="primary" size="wide" disabled={busy}>
          Confirm the address
        </Button>
      </form>
    </AuthLayout>
  );
}
