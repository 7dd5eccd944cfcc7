import { lazy, Suspense, useEffect } from "react";
import { Redirect, Route, Switch, useLocation } from "wouter";
import { closeDialog, useDialog } from "./channels/dialogs";
import { channelsOf } from "./channels/order";
import { Sidebar } from "./channels/Sidebar";
import { useActive } from "./channels/useActive";
import { ChannelRoute, DirectRoute } from "./messages/ChannelRoute";
import { Waiting } from "./messages/Waiting";
import { decoded, pathOf, WELCOME } from "./paths";
import styles from "./Shell.module.css";
import { SkipLinks } from "./SkipLinks";
import { get, useStore } from "./store/store";
import { ConnectionBanner } from "./ui/ConnectionBanner";
import { ErrorBoundary } from "./ui/ErrorBoundary";
import { fetchLater, later } from "./ui/later";
import { PHONE, useMedia } from "./ui/useMedia";
import { usePresenceReport } from "./usePresenceReport";
import { useShortcuts } from "./useShortcuts";
import { useTitle } from "./useTitle";

const SettingsPage = lazy(() => import("./settings/SettingsPage"));
const AdminPage = lazy(() => import("./admin/AdminPage"));

const MissingPage = later(() => import("./MissingPage"), Waiting);
const Dialogs = later(() => import("./channels/Dialogs"));

const LAST = "dankerchat.last";

/** What one sees when signed in: the sidebar and beside it a conversation, the settings or the administration. */
export function Shell() {
  const phone = useMedia(PHONE);
  const [path] = useLocation();
  const active = useActive();
  const home = path === "/";
  const online = useStore((s) => s.connection.name === "online");
  const dialog = useDialog((s) => s.dialog !== null);
  useTitle(active);
  useShortcuts(active);
  usePresenceReport(active);

  // Once what one came for is on screen.
  useEffect(() => {
    if (!online) return;
    const timer = setTimeout(fetchLater, 1000);
    return () => clearTimeout(timer);
  }, [online]);

  useEffect(() => {
    if (active) rememberLast(path);
  }, [active, path]);

  // Whoever signs in next finds no dialog open.
  useEffect(() => closeDialog, []);

  return (
    <div className={styles.shell}>
      <SkipLinks active={phone && home ? null : active} sidebar={!phone || home} />
      <ConnectionBanner />
      <div className={styles.panes}>
        {phone && home && (
          <main className={styles.alone}>
            <Sidebar alone />
          </main>
        )}
        {!phone && (
          <ErrorBoundary pane="sidebar">
            <Sidebar />
          </ErrorBoundary>
        )}
        {(!phone || !home) && (
          <ErrorBoundary key={path.split("/").slice(0, 3).join("/")} pane="page">
            <Suspense fallback={<Waiting />}>
              <Switch>
                <Route path="/c/:name/m/:message">
                  {(p) => <ChannelRoute name={decoded(p.name)} target={p.message} />}
                </Route>
                <Route path="/c/:name">{(p) => <ChannelRoute name={decoded(p.name)} target={null} />}</Route>
                <Route path="/dm/:id/m/:message">{(p) => <DirectRoute id={p.id} target={p.message} />}</Route>
                <Route path="/dm/:id">{(p) => <DirectRoute id={p.id} target={null} />}</Route>
                <Route path="/settings/:tab?">{(p) => <SettingsPage tab={p.tab ?? "profile"} />}</Route>
                <Route path="/admin/:tab?">{(p) => <AdminPage tab={p.tab ?? "overview"} />}</Route>
                <Route path="/">
                  <Start />
                </Route>
                <Route path={WELCOME}>
                  <Start />
                </Route>
                <Route>
                  <MissingPage />
                </Route>
              </Switch>
            </Suspense>
          </ErrorBoundary>
        )}
      </div>
      {dialog && <Dialogs onClose={closeDialog} />}
    </div>
  );
}

/** The conversation where one was last, or the first channel there is. */
function Start() {
  const last = readLast();
  if (last) return <Redirect to={last} replace />;
  const channels = channelsOf(get().conversations, null);
  const first = channels.find((c) => c.channel?.name === "general") ?? channels[0];
  if (first) return <Redirect to={pathOf(first)} replace />;
  return <Nothing />;
}

function Nothing() {
  const name = useStore((s) => s.workspace.name);
  return <main className={styles.home}>You are in {name}. Choose a conversation or browse the channels.</main>;
}

function rememberLast(path: string): void {
  try {
    sessionStorage.setItem(LAST, path);
    localStorage.setItem(LAST, path);
  } catch {
    // Storage may be blocked; the app starts in the first channel then.
  }
}

function readLast(): string | null {
  try {
    const path = sessionStorage.getItem(LAST) ?? localStorage.getItem(LAST);
    const [, kind, name] = path?.split("/") ?? [];
    const { conversations } = get();
    const known = Object.values(conversations).some((c) =>
      kind === "c" ? c.channel?.name === decodeURIComponent(name ?? "") : c.conversation_id === name,
    );
    return known && path ? path.replace(/\/m\/[^/]+$/, "") : null;
  } catch {
    return null;
  }
}
