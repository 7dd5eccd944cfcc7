import type { ButtonHTMLAttributes, Ref } from "react";
import styles from "./Button.module.css";

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: "primary" | "plain" | "quiet" | "danger";
  size?: "small" | "wide";
  ref?: Ref<HTMLButtonElement>;
}

export function Button({ look = "plain", size, className = "", type = "button", ...rest }: Props) {
  const classes = [styles.button, styles[look], size && styles[size], className].filter(Boolean).join(" ");
  return <button {...rest} type={type} className={classes} />;
}
