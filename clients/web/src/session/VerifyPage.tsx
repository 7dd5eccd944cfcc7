import { useLocation } from "wouter";
import { api, CLIENT, ok } from "../api/client";
import { start } from "../api/connection";
import { Button } from "../ui/Button";
import { useSubmit } from "../ui/useSubmit";
import { AuthLayout, authStyles } from "./AuthLayout";
import { useLinkCode } from "./useLinkCode";

/** Proves an address by the code of a mailed link, at a click: what only opens links makes no account. */
export default function VerifyPage() {
  const [, navigate] = useLocation();
  const code = useLinkCode("query");
  const { busy, problem, fields, onSubmit } = useSubmit(async () => {
    await ok(api.POST("/auth/signup/verify", { body: { code, client: CLIENT, session: "cookie" as const } }));
    navigate("/", { replace: true });
    await start();
  });
  return (
    <AuthLayout
      title="One click more"
      lead="With it your address is proved and your account is made."
      problem={problem || fields.code || fields.username}
    >
      <form className={authStyles.form} onSubmit={onSubmit}>
        <Button type="submit" look="primary" size="wide" disabled={busy}>
          Make my account
        </Button>
      </form>
    </AuthLayout>
  );
}
