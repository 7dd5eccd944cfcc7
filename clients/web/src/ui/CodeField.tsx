import { Field } from "./Field";

/** Takes a code of an authenticator app; phones offer the one they know. */
export function CodeField({ error, autoFocus }: { error?: string | undefined; autoFocus?: boolean }) {
  return (
    <Field
      label="Code of your authenticator app"
      name="code"
      required
      autoFocus={autoFocus}
      autoComplete="one-time-code"
      inputMode="numeric"
      pattern="[0-9 ]{6,7}"
      title="Six digits"
      maxLength={7}
      note="Six digits"
      error={error}
    />
  );
}
