import type { IconName } from "./icons.gen";
import sprite from "./icons.gen.svg";

/** A decorative icon; what it means is said by the text or label beside it. */
export function Icon({ name, size = 18 }: { name: IconName; size?: 14 | 16 | 18 | 20 | 24 }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.75}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <use href={`${sprite}#${name}`} />
    </svg>
  );
}
