import { useEffect, useState } from "react";
import { api, ok } from "../api/client";
import { act } from "../ui/act";
import { Button } from "../ui/Button";
import { CopyButton } from "../ui/CopyButton";
import { pageStyles as styles } from "../ui/Page";
import { QRCode } from "../ui/QRCode";

/** Takes the session along to another device, by a link that works once and soon ends. */
export function HandOverSection() {
  const [link, setLink] = useState<{ url: string; until: number }>();
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (!link) return;
    const tick = () => {
      const seconds = Math.ceil((link.until - Date.now()) / 1000);
      setLeft(seconds);
      if (seconds <= 0) setLink(undefined);
    };
    tick();
    const timer = setInterval(tick, 1000);
    return () => clearInterval(timer);
  }, [link]);
  const make = () =>
    act(async () => {
      const made = await ok(api.POST("/me/sessions/hand-over"));
      setLink({ url: made.url, until: Date.now() + made.expires_in * 1000 });
    });
  return (
    <section className={styles.section}>
      <h2>Continue on another device</h2>
      <p className={styles.lead}>
        Scan a code with your phone, or open a link there, and you are signed in without a password. Whoever has the
        link gets into your account: show it to nobody.
      </p>
      {link ? (
        <>
          <QRCode text={link.url} label="QR code that signs another device in" />
          <p role="timer">
            Works once, for {left} more {left === 1 ? "second" : "seconds"}.
          </p>
          <div className={styles.row}>
            <CopyButton text={link.url} label="Copy link" />
            <Button onClick={() => setLink(undefined)}>Hide</Button>
          </div>
        </>
      ) : (
        <div className={styles.row}>
          <Button onClick={() => void make()}>Show the code</Button>
        </div>
      )}
    </section>
  );
}
