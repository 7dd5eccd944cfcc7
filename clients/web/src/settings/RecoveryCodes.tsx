import { useStore } from "../store/store";
import { Button } from "../ui/Button";
import { CopyButton } from "../ui/CopyButton";
import { pageStyles as styles } from "../ui/Page";
import own from "./Security.module.css";

/** New recovery codes, which nobody can show again. */
export function RecoveryCodes({ codes, onDone }: { codes: string[]; onDone(): void }) {
  const name = useStore((s) => s.meta?.name ?? "DankerChat");
  const text = `${codes.join("\n")}\n`;
  const file = `Recovery codes for ${name} (${location.host}). Each works once.\n\n${text}`;
  return (
    <div className={styles.secret} role="status">
      <strong>Keep these recovery codes. They are shown only this once.</strong>
      <p className={own.explain}>Each signs you in one time when you do not have your second factor.</p>
      <ul className={own.codes} aria-label="Recovery codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <div className={styles.row}>
        <CopyButton text={text} label="Copy codes" />
        <a
          className={own.download}
          download="dankerchat-recovery-codes.txt"
          href={`data:text/plain;charset=utf-8,${encodeURIComponent(file)}`}
        >
          Download
        </a>
        <Button onClick={onDone}>I have them</Button>
      </div>
    </div>
  );
}
