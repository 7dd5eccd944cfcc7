import { useState } from "react";
import { useStore } from "../store/store";
import styles from "./Avatar.module.css";
import { colourOf, initialsOf } from "./colour";

interface Props {
  id: string;
  name: string;
  size: 20 | 24 | 28 | 36 | 64;
  /** Only the initials: it stands for several people. */
  plain?: boolean;
}

/** Somebody's picture, or initials on their colour. Decorative: the name always stands beside it. */
export function Avatar({ id, name, size, plain }: Props) {
  const picture = useStore((s) => (plain ? undefined : s.users[id]?.avatar_url));
  const [broken, setBroken] = useState("");
  const initials = size < 24 ? [...initialsOf(name)][0] : initialsOf(name);
  return (
    <span
      className={`${styles.avatar} ${styles[`s${size}`]}`}
      style={{ backgroundColor: colourOf(id) }}
      aria-hidden="true"
    >
      {picture && picture !== broken ? (
        <img
          src={picture}
          alt=""
          width={size}
          height={size}
          loading="lazy"
          draggable={false}
          onError={() => setBroken(picture)}
        />
      ) : (
        initials
      )}
    </span>
  );
}
