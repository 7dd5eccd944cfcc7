import { Icon } from "../ui/Icon";
import styles from "./KindChoice.module.css";

/** Public or private, as a form field named "kind". */
export function KindChoice({ value = "public" }: { value?: "public" | "private" }) {
  return (
    <fieldset className={styles.choice}>
      <legend>Who can find it</legend>
      <label className={styles.option}>
        <input type="radio" name="kind" value="public" defaultChecked={value === "public"} />
        <Icon name="hash" size={16} />
        <span>
          Public
          <small>Everybody may find and join it</small>
        </span>
      </label>
      <label className={styles.option}>
        <input type="radio" name="kind" value="private" defaultChecked={value === "private"} />
        <Icon name="lock" size={16} />
        <span>
          Private
          <small>Only those who were added see it</small>
        </span>
      </label>
    </fieldset>
  );
}
