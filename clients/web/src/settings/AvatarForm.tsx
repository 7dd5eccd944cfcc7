import { type ChangeEvent, useEffect, useRef, useState } from "react";
import { api, ok, problemOf } from "../api/client";
import type { User } from "../api/types";
import { keepMe } from "../session/keepMe";
import { Avatar } from "../ui/Avatar";
import { Button } from "../ui/Button";
import styles from "./AvatarForm.module.css";

const LARGEST = 5 * 1024 * 1024;

/** One's picture: chosen, looked at as it will be cut, then sent. */
export function AvatarForm({ me }: { me: User }) {
  const input = useRef<HTMLInputElement>(null);
  const [chosen, setChosen] = useState<{ file: File; url: string } | null>(null);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  useEffect(() => () => void (chosen && URL.revokeObjectURL(chosen.url)), [chosen]);

  function choose(event: ChangeEvent<HTMLInputElement>) {
    const file = event.target.files?.[0];
    event.target.value = ""; // the same file may be chosen again
    if (!file) return;
    if (file.size > LARGEST) return setProblem("The picture is larger than 5 MiB.");
    setProblem("");
    setChosen({ file, url: URL.createObjectURL(file) });
  }

  async function run(work: () => Promise<User>) {
    setBusy(true);
    setProblem("");
    try {
      await keepMe(work());
      setChosen(null);
    } catch (cause) {
      const { message, hint } = problemOf(cause);
      setProblem([message, hint].filter(Boolean).join(" "));
    } finally {
      setBusy(false);
    }
  }
  // The body is the file itself, which the document's types call a string.
  const send = (file: File) => run(() => ok(api.PUT("/me/avatar", { body: file as unknown as string })));

  return (
    <div className={styles.form}>
      {chosen ? (
        <img className={styles.preview} src={chosen.url} alt="You, as it will be cut" />
      ) : (
        <Avatar id={me.id} name={me.display_name} size={64} />
      )}
      <div className={styles.side}>
        <div className={styles.buttons}>
          {chosen ? (
            <>
              <Button look="primary" size="small" disabled={busy} onClick={() => void send(chosen.file)}>
                Use this picture
              </Button>
              <Button size="small" disabled={busy} onClick={() => setChosen(null)}>
                Cancel
              </Button>
            </>
          ) : (
            <>
              <Button size="small" onClick={() => input.current?.click()}>
                {me.avatar_url ? "Change picture" : "Upload a picture"}
              </Button>
              {me.avatar_url && (
                <Button size="small" disabled={busy} onClick={() => void run(() => ok(api.DELETE("/me/avatar")))}>
                  Remove picture
                </Button>
              )}
            </>
          )}
        </div>
        {problem ? (
          <p className={styles.problem} role="alert">
            {problem}
          </p>
        ) : (
          <p className={styles.note}>PNG, JPEG, GIF or WebP, at most 5 MiB; the square in its middle is used.</p>
        )}
      </div>
      <input
        ref={input}
        type="file"
        hidden
        aria-label="Picture"
        accept="image/png,image/jpeg,image/gif,image/webp"
        onChange={choose}
      />
    </div>
  );
}
