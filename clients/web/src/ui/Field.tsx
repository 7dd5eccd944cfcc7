import { type InputHTMLAttributes, type ReactNode, type Ref, useId } from "react";
import styles from "./Field.module.css";

interface Props extends InputHTMLAttributes<HTMLInputElement> {
  label: string;
  /** A rule or example below the input. */
  note?: ReactNode;
  /** What is wrong with it; takes the note's place. */
  error?: string;
  optional?: boolean;
  ref?: Ref<HTMLInputElement>;
}

/** A labelled text input with its note and its error. */
export function Field({ label, note, error, optional, className, ...input }: Props) {
  const id = useId();
  const described = error ? `${id}-error` : note ? `${id}-note` : undefined;
  return (
    <div className={`${styles.field} ${className ?? ""}`}>
      <label className={styles.label} htmlFor={id}>
        {label} {optional && <span className={styles.optional}>(optional)</span>}
      </label>
      <input
        {...input}
        id={id}
        className={styles.input}
        aria-invalid={error ? true : undefined}
        aria-describedby={described}
      />
      {error ? (
        <p id={`${id}-error`} className={styles.error} role="alert">
          {error}
        </p>
      ) : (
        note && (
          <p id={`${id}-note`} className={styles.note}>
            {note}
          </p>
        )
      )}
    </div>
  );
}
