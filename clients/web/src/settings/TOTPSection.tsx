import { lazy, Suspense, useCallback, useEffect, useState } from "react";
import { api, ok } from "../api/client";
import type { SecondFactors } from "../api/types";
import { act } from "../ui/act";
import { Button } from "../ui/Button";
import { ConfirmDialog } from "../ui/ConfirmDialog";
import { Icon } from "../ui/Icon";
import { pageStyles as styles } from "../ui/Page";
import { Spinner } from "../ui/Spinner";
import { dateText } from "../ui/time";
import { RecoveryCodes } from "./RecoveryCodes";

const TOTPSetup = lazy(() => import("./TOTPSetup").then((m) => ({ default: m.TOTPSetup })));

/** The authenticator app and the recovery codes. */
export function TOTPSection() {
  const [factors, setFactors] = useState<SecondFactors>();
  const [step, setStep] = useState<"setup" | "remove" | "renew" | null>(null);
  const [codes, setCodes] = useState<string[]>();
  const load = useCallback(() => act(async () => setFactors(await ok(api.GET("/auth/2fa")))), []);
  useEffect(() => void load(), [load]);

  const settled = () => {
    setStep(null);
    setCodes(undefined);
    void load();
  };
  const remove = () =>
    act(async () => {
      await ok(api.DELETE("/auth/2fa"));
      await load();
    });
  const renew = () => act(async () => setCodes((await ok(api.POST("/auth/2fa/recovery-codes"))).recovery_codes));

  return (
    <section className={styles.section} aria-labelledby="totp">
      <h2 id="totp">Authenticator app</h2>
      <p className={styles.lead}>
        With a second factor a stolen password is not enough: signing in asks for a code of an app on your phone, too.
        {factors?.required && " Your role has to have one."}
      </p>
      {codes ? (
        <RecoveryCodes codes={codes} onDone={settled} />
      ) : step === "setup" ? (
        <Suspense fallback={<Spinner />}>
          <TOTPSetup onDone={settled} onCancel={settled} />
        </Suspense>
      ) : !factors ? (
        <Spinner />
      ) : (
        <>
          {(factors.totp || factors.passkeys > 0) && (
            <ul className={styles.list}>
              {factors.totp && (
                <li>
                  <Icon name="shield" />
                  <span className={styles.what}>
                    <span>On</span>
                    <small>since {dateText(factors.totp_since ?? "")}</small>
                  </span>
                  <Button size="small" onClick={() => setStep("remove")}>
                    Remove
                  </Button>
                </li>
              )}
              <li>
                <Icon name="key-round" />
                <span className={styles.what}>
                  <span>Recovery codes</span>
                  <small>{factors.recovery_codes} of 10 left</small>
                </span>
                <Button size="small" onClick={() => setStep("renew")}>
                  New codes
                </Button>
              </li>
            </ul>
          )}
          {!factors.totp && (
            <div className={styles.row}>
              <Button look="primary" onClick={() => setStep("setup")}>
                Set up an authenticator app
              </Button>
            </div>
          )}
        </>
      )}
      {step === "remove" && (
        <ConfirmDialog
          title="Remove the authenticator app?"
          text={
            factors?.passkeys
              ? "From then on a passkey or a recovery code is what signing in asks for besides the password."
              : "From then on your password alone signs you in. Your recovery codes work no more."
          }
          action="Remove"
          onConfirm={() => void remove()}
          onClose={() => setStep(null)}
        />
      )}
      {step === "renew" && (
        <ConfirmDialog
          title="Make new recovery codes?"
          text="The ones you have work no more."
          action="Make new codes"
          onConfirm={() => void renew()}
          onClose={() => setStep(null)}
        />
      )}
    </section>
  );
}
