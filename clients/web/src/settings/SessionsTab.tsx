import { api, ok } from "../api/client";
import { disconnect } from "../api/connection";
import { SessionItem } from "../session/SessionItem";
import { signOut } from "../session/signOut";
import { act } from "../ui/act";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { pageStyles as styles } from "../ui/Page";
import { Spinner } from "../ui/Spinner";
import { useList } from "../ui/useList";
import { HandOverSection } from "./HandOverSection";
import { SignInsSection } from "./SignInsSection";

const load = () => ok(api.GET("/me/sessions"));

/** Where one is signed in, and how to be elsewhere. */
export function SessionsTab() {
  return (
    <>
      <SessionList />
      <SignInsSection />
      <HandOverSection />
    </>
  );
}

function SessionList() {
  const { rows, problem, again } = useList(load);
  const leave = () =>
    act(async () => {
      if (!(await signOut())) disconnect();
    });
  return (
    <section className={styles.section}>
      <h2>Where you are signed in</h2>
      <p className={styles.lead}>End a session that you do not know. What it was connected to closes at once.</p>
      {problem && <p className={styles.problem}>{problem}</p>}
      {!rows && !problem && <Spinner />}
      {rows && (
        <ul className={styles.list} aria-label="Sessions">
          {rows.map((session) => (
            <SessionItem key={session.id} session={session}>
              {session.current ? (
                <Button size="small" onClick={() => void leave()}>
                  <Icon name="log-out" size={16} />
                  Sign out
                </Button>
              ) : (
                <Button
                  size="small"
                  onClick={() =>
                    void act(async () => {
                      await ok(api.DELETE("/me/sessions/{session}", { params: { path: { session: session.id } } }));
                      await again();
                    })
                  }
                >
                  End
                  <span className="visually-hidden"> session {session.device || session.client}</span>
                </Button>
              )}
            </SessionItem>
          ))}
        </ul>
      )}
      {rows && rows.length > 1 && (
        <div className={styles.row}>
          <Button
            onClick={() =>
              void act(async () => {
                await ok(api.DELETE("/me/sessions"));
                await again();
              })
            }
          >
            End all others
          </Button>
          <Button
            onClick={() =>
              void act(async () => {
                await ok(api.DELETE("/me/sessions", { params: { query: { all: true } } }));
                disconnect();
              })
            }
          >
            End all, this one too
          </Button>
        </div>
      )}
    </section>
  );
}
