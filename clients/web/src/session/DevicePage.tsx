import { useState } from "react";
import { useLocation } from "wouter";
import { api, ok } from "../api/client";
import type { components } from "../api/schema.gen";
import { useMe } from "../store/store";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { timeText } from "../ui/time";
import { useSubmit } from "../ui/useSubmit";
import { AuthLayout, authStyles } from "./AuthLayout";

type Request = components["schemas"]["DeviceRequest"];

/** Lets a program in that shows a code, after a look at what asks. */
export default function DevicePage() {
  const [, navigate] = useLocation();
  const me = useMe();
  const [typed] = useState(() => new URLSearchParams(location.search).get("code") ?? "");
  const [asks, setAsks] = useState<Request & { code: string }>();
  const [answer, setAnswer] = useState<"in" | "out">();
  const look = useSubmit(async (value) => {
    const code = value("user_code");
    const request = await ok(api.GET("/auth/device/{user_code}", { params: { path: { user_code: code } } }));
    setAsks({ ...request, code });
  });
  const decide = useSubmit(async () => {
    if (asks) await ok(api.POST("/auth/device/approve", { body: { user_code: asks.code, approve: true } }));
    setAnswer("in");
  });
  const refuse = useSubmit(async () => {
    if (asks) await ok(api.POST("/auth/device/approve", { body: { user_code: asks.code, approve: false } }));
    setAnswer("out");
  });
  if (answer) {
    return (
      <AuthLayout
        title={answer === "in" ? "The device is signed in" : "The device was refused"}
        lead={
          answer === "in"
            ? "Go on there. It is listed in your settings under Sessions, where you can end it."
            : "It has no access. If you did not start this, nothing else is to do."
        }
      >
        <Button size="wide" onClick={() => navigate("/", { replace: true })}>
          Go to the workspace
        </Button>
      </AuthLayout>
    );
  }
  if (!asks) {
    return (
      <AuthLayout
        title="Sign a device in"
        lead={`Enter the code that the device shows. It will be signed in as ${me?.display_name ?? "you"}.`}
        problem={look.problem}
      >
        <form className={authStyles.form} onSubmit={look.onSubmit}>
          <Field
            label="Code"
            name="user_code"
            defaultValue={typed}
            placeholder="BCDF-GHJK"
            autoComplete="off"
            autoCapitalize="characters"
            spellCheck={false}
            maxLength={32}
            required
            autoFocus
            error={look.fields.user_code}
          />
          <Button type="submit" look="primary" size="wide" disabled={look.busy}>
            Continue
          </Button>
        </form>
      </AuthLayout>
    );
  }
  return (
    <AuthLayout
      title="Let this device in?"
      lead="Only when you have just started it yourself, and it shows the same code. Nobody from DankerChat asks you for one."
      problem={decide.problem || refuse.problem}
    >
      <dl className={authStyles.facts}>
        <dt>Code</dt>
        <dd>{asks.code.toUpperCase()}</dd>
        <dt>It calls itself</dt>
        <dd>{asks.client || "nothing"}</dd>
        <dt>Address</dt>
        <dd>{asks.ip}</dd>
        <dt>Asked at</dt>
        <dd>{timeText(asks.created_at)}</dd>
        <dt>Signs in as</dt>
        <dd>@{me?.username}</dd>
      </dl>
      <form className={authStyles.form} onSubmit={decide.onSubmit}>
        <Button type="submit" look="primary" size="wide" disabled={decide.busy || refuse.busy}>
          Let it in
        </Button>
      </form>
      <form className={authStyles.form} onSubmit={refuse.onSubmit}>
        <Button type="submit" size="wide" disabled={decide.busy || refuse.busy}>
          Refuse
        </Button>
      </form>
    </AuthLayout>
  );
}
