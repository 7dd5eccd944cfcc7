import { Field } from "./Field";

interface Props {
  label: string;
  name: string;
  error?: string;
  autoFocus?: boolean;
}

/** A password to be set, with the server's rule for its length. */
export function NewPasswordField(props: Props) {
  return (
    <Field
      type="password"
      autoComplete="new-password"
      required
      minLength={10}
      maxLength={128}
      note="At least 10 characters; a few words make a good one"
      {...props}
    />
  );
}
