import { lazy, Suspense, useEffect } from "react";
import { Redirect, Route, Switch, useLocation } from "wouter";
import { start } from "./api/connection";
import { Shell } from "./Shell";
import styles from "./Shell.module.css";
import { AuthLayout } from "./session/AuthLayout";
import { nextPath, nextSearch } from "./session/next";
import { useStore } from "./store/store";
import { Button } from "./ui/Button";
import { ErrorBoundary } from "./ui/ErrorBoundary";
import { Spinner } from "./ui/Spinner";
import { Toasts } from "./ui/Toasts";

const SetupPage = lazy(() => import("./session/SetupPage"));
const LoginPage = lazy(() => import("./session/LoginPage"));
const SecondFactorPage = lazy(() => import("./session/SecondFactorPage"));
const EnrolPage = lazy(() => import("./session/EnrolPage"));
const ReauthDialog = lazy(() => import("./session/ReauthDialog"));
const SignupPage = lazy(() => import("./session/SignupPage"));
const VerifyPage = lazy(() => import("./session/VerifyPage"));
const ConfirmEmailPage = lazy(() => import("./session/ConfirmEmailPage"));
const ForgotPage = lazy(() => import("./session/ForgotPage"));
const ResetPage = lazy(() => import("./session/ResetPage"));
const SSOErrorPage = lazy(() => import("./session/SSOErrorPage"));
const DevicePage = lazy(() => import("./session/DevicePage"));
const HandoverPage = lazy(() => import("./session/HandoverPage"));
const InvitePage = lazy(() => import("./session/InvitePage"));

export function App() {
  useEffect(() => void start(), []);
  return (
    <ErrorBoundary pane="app">
      <Suspense fallback={<Splash />}>
        <Pages />
      </Suspense>
      <Proof />
      <Toasts />
    </ErrorBoundary>
  );
}

function Pages() {
  const phase = useStore((s) => s.phase);
  const setUp = useStore((s) => s.meta?.setup_done ?? true);
  const owes = useStore((s) => s.owes);
  const [path] = useLocation();
  if (phase === "starting") return <Splash />;
  if (phase === "unreachable") return <Unreachable />;
  if (phase === "ready") {
    return (
      <Switch>
        <Route path="/login/sso">
          <SSOErrorPage />
        </Route>
        <Route path="/login">
          <Redirect to={nextPath(location.search)} replace />
        </Route>
        <Route path="/login/*">
          <Redirect to={nextPath(location.search)} replace />
        </Route>
        <Route path={/^\/(setup|signup|verify)\/?$/}>
          <Redirect to="/" replace />
        </Route>
        <Route path="/reset">
          <ResetPage />
        </Route>
        <Route path="/verify/email">
          <ConfirmEmailPage />
        </Route>
        <Route path="/device">
          <DevicePage />
        </Route>
        <Route path="/handover">
          <HandoverPage />
        </Route>
        <Route path="/invite/:code">{(p) => <InvitePage code={p.code} />}</Route>
        <Route>
          <Shell />
        </Route>
      </Switch>
    );
  }
  if (phase === "owing" && path !== "/reset" && path !== "/verify/email") {
    const step = owes === "enrolment" ? "/login/enrol" : "/login/second-factor";
    if (path !== step) return <Redirect to={step + nextSearch(path + location.search)} replace />;
    return owes === "enrolment" ? <EnrolPage /> : <SecondFactorPage />;
  }
  return (
    <Switch>
      <Route path="/setup">
        <SetupPage />
      </Route>
      <Route path="/reset">
        <ResetPage />
      </Route>
      <Route path="/signup">
        <SignupPage />
      </Route>
      <Route path="/verify/email">
        <ConfirmEmailPage />
      </Route>
      <Route path="/verify">
        <VerifyPage />
      </Route>
      <Route path="/login/sso">
        <SSOErrorPage />
      </Route>
      <Route path="/login/forgot">
        <ForgotPage />
      </Route>
      <Route path="/handover">
        <HandoverPage />
      </Route>
      <Route path="/invite/:code">{(p) => <InvitePage code={p.code} />}</Route>
      <Route path="/login">{setUp ? <LoginPage /> : <Redirect to="/setup" replace />}</Route>
      <Route>
        <Redirect to={setUp ? `/login${nextSearch(path + location.search)}` : "/setup"} replace />
      </Route>
    </Switch>
  );
}

/** Asks who is there when a change wants a fresh proof. */
function Proof() {
  const proof = useStore((s) => s.proof);
  return (
    proof && (
      <Suspense fallback={null}>
        <ReauthDialog onDone={proof} />
      </Suspense>
    )
  );
}

function Splash() {
  return (
    <div className={styles.splash}>
      <Spinner />
    </div>
  );
}

function Unreachable() {
  return (
    <AuthLayout title="The server cannot be reached" lead="It may be restarting, or you may be offline.">
      <Button look="primary" size="wide" onClick={() => void start()}>
        Try again
      </Button>
    </AuthLayout>
  );
}
