import { useEffect, useRef, useState } from "react";
import { api, ok, problemOf } from "../api/client";
import { Button } from "../ui/Button";
import { CodeField } from "../ui/CodeField";
import { pageStyles as styles } from "../ui/Page";
import { QRCode } from "../ui/QRCode";
import { Spinner } from "../ui/Spinner";
import { useSubmit } from "../ui/useSubmit";
import { RecoveryCodes } from "./RecoveryCodes";

interface Props {
  onDone(): void;
  onCancel(): void;
}

/** Sets an authenticator app up: scan, enter a first code, keep the recovery codes. */
export function TOTPSetup({ onDone, onCancel }: Props) {
  const [app, setApp] = useState<{ secret: string; url: string }>();
  const [failed, setFailed] = useState("");
  const [codes, setCodes] = useState<string[]>();
  const asked = useRef(false);
  useEffect(() => {
    if (asked.current) return; // one secret, however often React runs this
    asked.current = true;
    ok(api.POST("/auth/2fa/enrol")).then(setApp, (error) => {
      const problem = problemOf(error);
      setFailed([problem.message, problem.hint].filter(Boolean).join(" "));
    });
  }, []);
  const { busy, problem, fields, onSubmit } = useSubmit(async (value) => {
    setCodes((await ok(api.POST("/auth/2fa/confirm", { body: { code: value("code") } }))).recovery_codes);
  });
  if (codes) return <RecoveryCodes codes={codes} onDone={onDone} />;
  if (failed)
    return (
      <>
        <p className={styles.problem} role="alert">
          {failed}
        </p>
        <div className={styles.row}>
          <Button onClick={onCancel}>Back</Button>
        </div>
      </>
    );
  if (!app) return <Spinner />;
  return (
    <form className={styles.form} onSubmit={onSubmit}>
      <p>Scan this with an authenticator app, or type the key in.</p>
      <QRCode text={app.url} label="QR code for an authenticator app" />
      <div className={styles.secret}>
        <span>Key</span>
        <code data-testid="totp-secret">{app.secret.match(/.{1,4}/g)?.join(" ")}</code>
      </div>
      <CodeField error={fields.code} />
      {problem && (
        <p className={styles.problem} role="alert">
          {problem}
        </p>
      )}
      <div className={styles.row}>
        <Button type="submit" look="primary" disabled={busy}>
          Turn on
        </Button>
        <Button onClick={onCancel}>Cancel</Button>
      </div>
    </form>
  );
}
