import { useCallback, useEffect, useState } from "react";
import { Link, useLocation } from "wouter";
import { type ApiError, api, CLIENT, ok, problemOf } from "../api/client";
import { start } from "../api/connection";
import { once } from "../api/once";
import type { InviteOffer } from "../api/types";
import { WELCOME } from "../paths";
import { useStore } from "../store/store";
import { Button } from "../ui/Button";
import { Spinner } from "../ui/Spinner";
import { useSubmit } from "../ui/useSubmit";
import { AccountFields } from "./AccountFields";
import { AuthLayout, authStyles } from "./AuthLayout";
import { accountOf } from "./account";
import { ProviderButtons } from "./ProviderButtons";

/** Joining by an invite link: one form, no mail server. */
export default function InvitePage({ code }: { code: string }) {
  const [, navigate] = useLocation();
  const me = useStore((s) => s.me);
  const [offer, setOffer] = useState<InviteOffer>();
  const [refusal, setRefusal] = useState<ApiError>();
  const look = useCallback(() => {
    setRefusal(undefined);
    ok(api.GET("/invites/{code}", { params: { path: { code } } }))
      .then(setOffer)
      .catch((cause) => setRefusal(problemOf(cause)));
  }, [code]);
  useEffect(look, [look]);

  const { busy, problem, fields, onSubmit } = useSubmit(async (value) => {
    const email = offer?.email; // the one that it is for, if it is for one
    const body = { code, ...accountOf(value), ...(email && { email }), client: CLIENT, session: "cookie" as const };
    await once(
      ["signup", body],
      (header) => ok(api.POST("/auth/signup", { params: { header }, body })),
      "Your account was made already; only the answer got lost on its way here. Sign in with it.",
    );
    navigate(WELCOME, { replace: true });
    await start();
  });

  if (me) {
    return (
      <AuthLayout
        title="You are signed in"
        lead={`You are signed in as ${me.display_name}. Sign out first to make another account.`}
      >
        <Button look="primary" size="wide" onClick={() => navigate("/", { replace: true })}>
          Go to the workspace
        </Button>
      </AuthLayout>
    );
  }
  if (refusal?.transient) {
    return (
      <AuthLayout title="The invite could not be opened" lead={refusal.message}>
        <Button look="primary" size="wide" onClick={look}>
          Try again
        </Button>
      </AuthLayout>
    );
  }
  if (refusal) {
    return (
      <AuthLayout
        title="This invite does not work"
        lead="It was used up, was revoked or has expired. Ask whoever sent it for a new one."
      >
        <Button size="wide" onClick={() => navigate("/login", { replace: true })}>
          I have an account
        </Button>
      </AuthLayout>
    );
  }
  if (!offer) {
    return (
      <AuthLayout title="Opening the invite">
        <Spinner />
      </AuthLayout>
    );
  }
  return (
    <AuthLayout
      title={`Join ${offer.workspace_name}`}
      lead={`${offer.inviter.display_name || "The workspace"} invited you${offer.role === "member" ? "" : ` as ${offer.role}`}.${offer.email ? ` Your account gets the address ${offer.email}.` : ""}`}
      problem={problem || fields.code || fields.email}
    >
      <form className={authStyles.form} onSubmit={onSubmit}>
        <AccountFields fields={fields} autoFocus />
        <Button type="submit" look="primary" size="wide" disabled={busy}>
          {busy ? "Joining…" : "Join"}
        </Button>
      </form>
      <ProviderButtons next="/" invite={code} />
      <p className={authStyles.lead}>
        <Link href="/login">I have an account</Link>
      </p>
    </AuthLayout>
  );
}
