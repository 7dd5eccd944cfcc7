import { type ReactNode, useEffect } from "react";
import { useStore } from "../store/store";
import { Icon } from "../ui/Icon";
import { Logo } from "../ui/Logo";
import styles from "./AuthLayout.module.css";

interface Props {
  title: string;
  lead?: ReactNode;
  /** What went wrong with the form as a whole. */
  problem?: string;
  children?: ReactNode;
}

/** The card that setting up, signing in and joining share. */
export function AuthLayout({ title, lead, problem, children }: Props) {
  const meta = useStore((s) => s.meta);
  useEffect(() => {
    document.title = `${title} · DankerChat`;
  }, [title]);
  return (
    <div className={styles.page}>
      <main className={styles.center}>
        <div className={styles.card}>
          <div className={styles.head}>
            <div className={styles.mark}>
              <Logo size={40} />
            </div>
            <h1 className={styles.title}>{title}</h1>
            {lead && <p className={styles.lead}>{lead}</p>}
          </div>
          {problem && (
            <p className={styles.problem} role="alert">
              <Icon name="circle-alert" />
              {problem}
            </p>
          )}
          {children}
        </div>
      </main>
      <footer className={styles.foot}>DankerChat {meta?.version}</footer>
    </div>
  );
}

export const authStyles = styles;
