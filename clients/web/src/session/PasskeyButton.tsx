import { useState } from "react";
import { ApiError, problemOf } from "../api/client";
import { report } from "../api/report";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { passkeysWork } from "./passkey";

interface Props {
  label: string;
  look?: "primary" | "plain";
  size?: "wide";
  /** Uses the passkey, and what follows. */
  action(): Promise<void>;
  /** What went wrong; empty when it begins. */
  onProblem(text: string): void;
}

/** A button that asks the browser for a passkey; nothing where there can be none. */
export function PasskeyButton({ label, look, size, action, onProblem }: Props) {
  const [busy, setBusy] = useState(false);
  if (!passkeysWork()) return null;
  const use = async () => {
    setBusy(true);
    onProblem("");
    try {
      await action();
    } catch (cause) {
      if (!(cause instanceof ApiError)) report(cause, "passkey");
      const problem = problemOf(cause);
      onProblem([problem.message, problem.hint].filter(Boolean).join(" "));
    }
    setBusy(false);
  };
  return (
    <Button look={look} size={size} disabled={busy} onClick={() => void use()}>
      <Icon name="key-round" />
      {label}
    </Button>
  );
}
