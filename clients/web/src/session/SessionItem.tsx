import type { ReactNode } from "react";
import type { Session } from "../api/types";
import { Icon } from "../ui/Icon";
import { pageStyles as styles } from "../ui/Page";
import { dateText } from "../ui/time";
import { METHODS } from "./methods";

/** One session of a list: the device, how it began, where and when it was used; what can be done with it. */
export function SessionItem({ session, children }: { session: Session; children?: ReactNode }) {
  return (
    <li>
      <Icon name="monitor" />
      <span className={styles.what}>
        <span>{session.device || session.client || "Unknown client"}</span>
        <small>
          {session.device && session.client && `${session.client} · `}
          {METHODS[session.method]} · {session.ip} · last used {dateText(session.last_used_at)}
        </small>
        {session.current && <span className={styles.badge}>This session</span>}
      </span>
      {children}
    </li>
  );
}
