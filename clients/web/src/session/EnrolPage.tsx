import { useState } from "react";
import { useLocation } from "wouter";
import { start } from "../api/connection";
import { RecoveryCodes } from "../settings/RecoveryCodes";
import { TOTPSetup } from "../settings/TOTPSetup";
import { Button } from "../ui/Button";
import { AuthLayout } from "./AuthLayout";
import { nextPath } from "./next";
import { PasskeyButton } from "./PasskeyButton";
import { createPasskey } from "./passkey";
import { SignOut } from "./SignOut";

/** The way in for somebody whose role has come to demand a second factor. */
export default function EnrolPage() {
  const [, navigate] = useLocation();
  const [begun, setBegun] = useState(false);
  const [codes, setCodes] = useState<string[]>();
  const [problem, setProblem] = useState("");
  const done = async () => {
    navigate(nextPath(location.search), { replace: true });
    await start();
  };
  return (
    <AuthLayout
      title="Set up a second factor"
      lead="This workspace asks people with your role for more than a password. An authenticator app on your phone or a passkey does it."
      problem={problem}
    >
      {codes ? (
        <RecoveryCodes codes={codes} onDone={() => void done()} />
      ) : begun ? (
        <TOTPSetup onDone={() => void done()} onCancel={() => setBegun(false)} />
      ) : (
        <>
          <Button look="primary" size="wide" onClick={() => setBegun(true)}>
            Set up an authenticator app
          </Button>
          <PasskeyButton
            label="Make a passkey"
            size="wide"
            action={async () => setCodes((await createPasskey("")).recovery_codes)}
            onProblem={setProblem}
          />
        </>
      )}
      <SignOut />
    </AuthLayout>
  );
}
