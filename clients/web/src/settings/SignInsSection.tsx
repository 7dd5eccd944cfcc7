import { api, ok } from "../api/client";
import type { LoginRecord } from "../api/types";
import { METHODS } from "../session/methods";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { pageStyles as styles } from "../ui/Page";
import { Spinner } from "../ui/Spinner";
import { dateText } from "../ui/time";
import { useList } from "../ui/useList";

/** What came of a sign-in, where it let nobody in. */
const OUTCOMES = {
  ok: "",
  second_factor: "Second factor asked for",
  wrong_password: "Wrong password",
  wrong_code: "Wrong code",
  refused: "Refused",
  suspended: "Account suspended",
};

const load = (cursor: string | undefined) => ok(api.GET("/me/logins", { params: { query: { cursor, limit: 10 } } }));

/** Who came in with one's account, or tried to. */
export function SignInsSection() {
  const { rows, problem, more } = useList(load);
  return (
    <section className={styles.section} aria-labelledby="sign-ins">
      <h2 id="sign-ins">Recent sign-ins</h2>
      <p className={styles.lead}>
        Of the last 90 days, those that failed too. If one was not you, change your password and end all sessions.
      </p>
      {problem && <p className={styles.problem}>{problem}</p>}
      {!rows && !problem && <Spinner />}
      {rows?.length === 0 && <p className={styles.quiet}>None yet.</p>}
      {rows && rows.length > 0 && (
        <ul className={styles.list} aria-labelledby="sign-ins">
          {rows.map((login) => (
            <SignIn key={login.id} login={login} />
          ))}
        </ul>
      )}
      {more && (
        <div className={styles.row}>
          <Button onClick={more}>Show more</Button>
        </div>
      )}
    </section>
  );
}

function SignIn({ login }: { login: LoginRecord }) {
  const outcome = OUTCOMES[login.outcome];
  const failed = outcome && login.outcome !== "second_factor";
  return (
    <li>
      <Icon name={failed ? "triangle-alert" : outcome ? "shield" : "check"} />
      <span className={styles.what}>
        <span>{login.device || login.client || "Unknown client"}</span>
        <small>
          {login.device && `${login.client} · `}
          {METHODS[login.method]} · {login.ip && `${login.ip} · `}
          <time dateTime={login.at}>{dateText(login.at)}</time>
        </small>
        {outcome && <span className={failed ? `${styles.badge} ${styles.warn}` : styles.badge}>{outcome}</span>}
      </span>
    </li>
  );
}
