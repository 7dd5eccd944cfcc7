import { Link } from "wouter";
import { useStore } from "../store/store";
import { AuthLayout, authStyles } from "./AuthLayout";
import { useProviders } from "./providers";

/** What happened, and what to do. The words are ours: the address names one of these reasons and nothing else. */
const REASONS: Record<string, (provider: string) => [title: string, lead: string]> = {
  denied: (p) => [
    `${p} did not sign you in`,
    "You cancelled it, or you may not use it here. Try again, or choose another way.",
  ],
  stale: () => [
    "That took too long",
    "The sign-in was begun more than ten minutes ago, in another browser, or was finished already. Begin again.",
  ],
  answer: (p) => [
    `What ${p} answered does not hold`,
    "Try again. If it stays like this, tell an administrator: the server’s log says why.",
  ],
  unavailable: (p) => [`${p} cannot be reached`, "Try again in a minute, or sign in another way."],
  no_account: (p) => [
    "There is no account for you yet",
    `Ask an administrator for an invite. If you have an account, sign in as before and add ${p} in the settings under Security.`,
  ],
  closed: () => ["This workspace takes no new accounts", "Ask an administrator to make one for you."],
  domain: (p) => [
    "This workspace takes addresses of its own domains",
    `${p} has to have verified yours, and it has to be of one of them. Or ask somebody of the workspace for an invite link and open it first.`,
  ],
  uninvited: (p) => [
    "An account needs an invite here",
    `Ask somebody of the workspace for an invite link, open it, and join with ${p} from there. If you have an account, sign in as before and add ${p} in the settings under Security.`,
  ],
  invite: () => [
    "This invite does not work",
    "It was used up, was revoked or has expired. Ask whoever sent it for a new one.",
  ],
  other_address: (p) => [
    "This invite is for another address",
    `Use the account at ${p} that has the address it was sent to, or ask for an invite of your own.`,
  ],
  taken: (p) => [
    "Your email address has an account here already",
    `Sign in as before, then add ${p} in the settings under Security. From then on it signs you in.`,
  ],
  no_group: (p) => [
    "You are in no group that may come in",
    `Ask whoever manages your account at ${p} to add you to one, then try again.`,
  ],
  suspended: () => ["Your account is suspended", "Ask an administrator of the workspace."],
  linked_elsewhere: (p) => [
    "That account signs another user in",
    `An account at ${p} belongs to one user here. Remove it there first, or use another one.`,
  ],
  other_account: (p) => [
    `That account at ${p} is not yours here`,
    "Sign in there with the one that your settings list.",
  ],
  busy: () => ["Too many sign-ins at once", "Wait a minute, then try again."],
};

export default function SSOErrorPage() {
  const search = new URLSearchParams(location.search);
  const name = search.get("provider");
  const label = useProviders().find((p) => p.name === name)?.label ?? "The provider";
  const inside = useStore((s) => s.phase === "ready");
  const reason = REASONS[search.get("reason") ?? ""];
  const [title, lead] = reason
    ? reason(label)
    : ["Signing in did not work", "Try again. If it stays like this, tell an administrator."];
  return (
    <AuthLayout title={title} lead={lead}>
      <p className={authStyles.lead}>
        {inside ? (
          <Link href="/settings/security">Back to the settings</Link>
        ) : (
          <Link href="/login">Back to signing in</Link>
        )}
      </p>
    </AuthLayout>
  );
}
