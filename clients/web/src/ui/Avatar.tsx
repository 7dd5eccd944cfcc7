import styles from "./Avatar.module.css";
import { colourOf, initialsOf } from "./colour";

interface Props {
  id: string;
  name: string;
  size: 20 | 24 | 28 | 36 | 64;
}

/** Initials on the person's colour. Decorative: the name always stands beside it. */
export function Avatar({ id, name, size }: Props) {
  const initials = size < 24 ? initialsOf(name).slice(0, 1) : initialsOf(name);
  return (
    <span
      className={`${styles.avatar} ${styles[`s${size}`]}`}
      style={{ backgroundColor: colourOf(id) }}
      aria-hidden="true"
    >
      {initials}
    </span>
  );
}
