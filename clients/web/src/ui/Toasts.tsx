import { Icon } from "./Icon";
import { IconButton } from "./IconButton";
import styles from "./Toasts.module.css";
import { dismiss, useToasts } from "./toast";

export function Toasts() {
  const toasts = useToasts((s) => s.toasts);
  return (
    <div className={styles.toasts} role="alert">
      {toasts.map(({ id, text }) => (
        <div key={id} className={styles.toast}>
          <Icon name="circle-alert" />
          <span>{text}</span>
          <IconButton icon="x" label="Dismiss" small onClick={() => dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
