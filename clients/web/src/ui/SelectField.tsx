import { type SelectHTMLAttributes, useId } from "react";
import styles from "./Field.module.css";
import { Icon } from "./Icon";

interface Props extends SelectHTMLAttributes<HTMLSelectElement> {
  label: string;
  options: readonly (readonly [value: string, text: string])[];
  /** The label is for assistive technology only: the context shows it. */
  hideLabel?: boolean;
}

export function SelectField({ label, options, hideLabel, className, ...select }: Props) {
  const id = useId();
  return (
    <div className={`${styles.field} ${className ?? ""}`}>
      <label className={hideLabel ? "visually-hidden" : styles.label} htmlFor={id}>
        {label}
      </label>
      <div className={styles.select}>
        <select {...select} id={id} className={styles.input}>
          {options.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
        <Icon name="chevron-down" size={16} />
      </div>
    </div>
  );
}
