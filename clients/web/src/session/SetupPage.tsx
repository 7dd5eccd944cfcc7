import { useLocation } from "wouter";
import { api, ok } from "../api/client";
import { start } from "../api/connection";
import { useStore } from "../store/store";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { useSubmit } from "../ui/useSubmit";
import { AccountFields } from "./AccountFields";
import { AuthLayout, authStyles } from "./AuthLayout";
import { accountOf } from "./account";
import { useLinkCode } from "./useLinkCode";

/** The first run: whoever holds the printed link makes the workspace and becomes its owner. */
export default function SetupPage() {
  const [, navigate] = useLocation();
  const done = useStore((s) => s.meta?.setup_done);
  const code = useLinkCode("stays");
  const { busy, problem, fields, onSubmit } = useSubmit(async (value) => {
    const body = { code, workspace_name: value("workspace_name"), ...accountOf(value) };
    await ok(api.POST("/setup", { body }));
    navigate("/c/general", { replace: true });
    await start();
  });

  if (done) {
    return (
      <AuthLayout title="Already set up" lead="This workspace has an owner. Sign in, or ask for an invite link.">
        <Button look="primary" size="wide" onClick={() => navigate("/login", { replace: true })}>
          Go to sign in
        </Button>
      </AuthLayout>
    );
  }
  if (!code) {
    return (
      <AuthLayout
        title="Open the first-run link"
        lead="The server prints a one-time link when it starts for the first time. Open that link to make the workspace. If it is lost or older than an hour, start the server again to get a new one."
      />
    );
  }
  return (
    <AuthLayout
      title="Set up your workspace"
      lead="You will be its owner. Everything can be changed later."
      problem={problem || fields.code}
    >
      <form className={authStyles.form} onSubmit={onSubmit}>
        <Field
          label="Workspace name"
          name="workspace_name"
          required
          maxLength={80}
          placeholder="Your team or company"
          autoFocus
          error={fields.workspace_name}
        />
        <AccountFields fields={fields} />
        <Button type="submit" look="primary" size="wide" disabled={busy}>
          {busy ? "Creating…" : "Create workspace"}
        </Button>
      </form>
    </AuthLayout>
  );
}
