import { useState } from "react";
import { api, ok } from "../api/client";
import { Button } from "../ui/Button";
import { CopyButton } from "../ui/CopyButton";
import { pageStyles as styles } from "../ui/Page";
import { useList } from "../ui/useList";
import { TokenForm } from "./TokenForm";
import { TokenRow } from "./TokenRow";

const load = () => ok(api.GET("/me/tokens"));

export function TokensTab() {
  const { rows, problem, again } = useList(load);
  const [secret, setSecret] = useState("");
  return (
    <>
      <section className={styles.section}>
        <h2>API tokens</h2>
        <p className={styles.lead}>
          For scripts and bots that act as you:{" "}
          <code>curl -H "Authorization: Bearer dkt_…" {location.origin}/api/v1/me</code>
        </p>
        {secret && (
          <div className={styles.secret} role="status">
            <strong>Copy the token now. It is shown only this once.</strong>
            <code>{secret}</code>
            <div className={styles.row}>
              <CopyButton text={secret} label="Copy token" />
              <Button onClick={() => setSecret("")}>I have it</Button>
            </div>
          </div>
        )}
        {problem && <p className={styles.problem}>{problem}</p>}
        {rows && rows.length > 0 && (
          <ul className={styles.list}>
            {rows.map((token) => (
              <TokenRow key={token.id} token={token} onSecret={setSecret} onChange={again} />
            ))}
          </ul>
        )}
      </section>
      <TokenForm
        onFailed={() => void again()}
        onCreated={(made) => {
          setSecret(made);
          void again();
        }}
      />
    </>
  );
}
