import { useRef } from "react";
import { Field } from "../ui/Field";
import { NewPasswordField } from "../ui/NewPasswordField";
import { usernameOf } from "./account";

/** Name, user name and password of a new account; the user name follows the name until it is edited. */
export function AccountFields({ fields, autoFocus }: { fields: Record<string, string>; autoFocus?: boolean }) {
  const username = useRef<HTMLInputElement>(null);
  const edited = useRef(false);
  return (
    <>
      <Field
        label="Your name"
        name="display_name"
        autoComplete="name"
        required
        maxLength={64}
        autoFocus={autoFocus}
        error={fields.display_name}
        onChange={(event) => {
          if (username.current && !edited.current) username.current.value = usernameOf(event.target.value);
        }}
      />
      <Field
        ref={username}
        label="User name"
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
        minLength={2}
        maxLength={32}
        note="How others mention you: @name"
        error={fields.username}
        onInput={() => {
          edited.current = true;
        }}
      />
      <NewPasswordField label="Password" name="password" error={fields.password} />
    </>
  );
}
