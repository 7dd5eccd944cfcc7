import { useState } from "react";
import { useLocation } from "wouter";
import { ApiError, api, CLIENT, ok } from "../api/client";
import { start } from "../api/connection";
import { useStore } from "../store/store";
import { Button } from "../ui/Button";
import { useSubmit } from "../ui/useSubmit";
import { AuthLayout, authStyles } from "./AuthLayout";
import { useLinkCode } from "./useLinkCode";

/** Goes on here with a session of another device, by the code of a link. */
export default function HandoverPage() {
  const [, navigate] = useLocation();
  const me = useStore((s) => s.me);
  const name = useStore((s) => s.meta?.name);
  const code = useLinkCode();
  const [gone, setGone] = useState(code === "");
  const { busy, problem, onSubmit } = useSubmit(async () => {
    try {
      await ok(api.POST("/auth/handover", { body: { code, client: CLIENT, session: "cookie" } }));
    } catch (cause) {
      if (!(cause instanceof ApiError) || cause.code !== "gone") throw cause;
      setGone(true);
      return;
    }
    navigate("/", { replace: true });
    await start();
  });
  if (me) {
    return (
      <AuthLayout
        title="You are signed in"
        lead={`You are signed in here as ${me.display_name}. Sign out first to use the link.`}
      >
        <Button look="primary" size="wide" onClick={() => navigate("/", { replace: true })}>
          Go to the workspace
        </Button>
      </AuthLayout>
    );
  }
  if (gone) {
    return (
      <AuthLayout
        title="This link does not work any more"
        lead="It was used, a newer one replaced it, or it is older than two minutes. Make a new one on the device that is signed in."
      >
        <Button size="wide" onClick={() => navigate("/login", { replace: true })}>
          Sign in another way
        </Button>
      </AuthLayout>
    );
  }
  return (
    <AuthLayout
      title={name ? `Continue ${name} here` : "Continue here"}
      lead="Only when you have made this link yourself, on a device where you are signed in."
      problem={problem}
    >
      <form className={authStyles.form} onSubmit={onSubmit}>
        <Button type="submit" look="primary" size="wide" disabled={busy}>
          {busy ? "Signing in…" : "Sign in on this device"}
        </Button>
      </form>
    </AuthLayout>
  );
}
