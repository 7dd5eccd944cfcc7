import { ApiError, api, CLIENT, ok } from "../api/client";
import type { CreatedPasskey } from "../api/types";

/** Whether this page may use passkeys: they want a safe connection, a host with a name, and a browser that has them. */
export const passkeysWork = (): boolean =>
  window.isSecureContext && typeof window.PublicKeyCredential === "function" && !/^[\d.]+$|:/.test(location.hostname);

/** Signs in by a passkey alone. */
export async function signInByPasskey(): Promise<void> {
  const { options } = await ok(api.POST("/auth/passkeys/login/begin"));
  await finish(await assertion(options));
}

/** Signs in by the passkey that somebody chooses among what the browser fills in, if it happens before the signal. */
export async function signInByAutofill(signal: AbortSignal): Promise<void> {
  const { options } = await ok(api.POST("/auth/passkeys/login/begin"));
  signal.throwIfAborted();
  await finish(await assertion(options, { mediation: "conditional", signal }));
}

async function finish(response: Awaited<ReturnType<typeof assertion>>): Promise<void> {
  const body = { response, client: CLIENT, session: "cookie" as const };
  await ok(api.POST("/auth/passkeys/login/finish", { body }));
}

/** Proves by a passkey who is in the session: as its second factor, or anew. */
export async function proveByPasskey(): Promise<void> {
  const { options } = await ok(api.POST("/auth/passkeys/verify/begin"));
  await ok(api.POST("/auth/passkeys/verify/finish", { body: { response: await assertion(options) } }));
}

/** Makes a passkey on this device, or wherever the browser keeps it. */
export async function createPasskey(name: string): Promise<CreatedPasskey> {
  const { options } = await ok(api.POST("/auth/passkeys/register/begin"));
  const o = options as unknown as CreationOptions;
  const made = await asked<AuthenticatorAttestationResponse>(() =>
    navigator.credentials.create({
      publicKey: {
        ...o,
        challenge: bytes(o.challenge),
        user: { ...o.user, id: bytes(o.user.id) },
        excludeCredentials: described(o.excludeCredentials),
      },
    }),
  );
  const response = answer(made, {
    clientDataJSON: text(made.response.clientDataJSON),
    attestationObject: text(made.response.attestationObject),
    transports: made.response.getTransports?.() ?? [],
  });
  return ok(api.POST("/auth/passkeys/register/finish", { body: { name, response } }));
}

interface Described {
  id: string;
  type: "public-key";
  transports?: AuthenticatorTransport[];
}

// The JSON forms of WebAuthn Level 3; not every browser reads and writes them itself.
interface CreationOptions
  extends Omit<PublicKeyCredentialCreationOptions, "challenge" | "user" | "excludeCredentials"> {
  challenge: string;
  user: { id: string; name: string; displayName: string };
  excludeCredentials?: Described[];
}

interface RequestOptions extends Omit<PublicKeyCredentialRequestOptions, "challenge" | "allowCredentials"> {
  challenge: string;
  allowCredentials?: Described[];
}

async function assertion(options: unknown, how: CredentialRequestOptions = {}) {
  const o = options as RequestOptions;
  const shown = await asked<AuthenticatorAssertionResponse>(() =>
    navigator.credentials.get({
      ...how,
      publicKey: { ...o, challenge: bytes(o.challenge), allowCredentials: described(o.allowCredentials) },
    }),
  );
  const { response } = shown;
  return answer(shown, {
    clientDataJSON: text(response.clientDataJSON),
    authenticatorData: text(response.authenticatorData),
    signature: text(response.signature),
    ...(response.userHandle && { userHandle: text(response.userHandle) }),
  });
}

interface Shown<R> extends PublicKeyCredential {
  readonly response: R & AuthenticatorResponse;
}

/** Asks the browser, and says in words what it has against it. */
async function asked<R>(ask: () => Promise<Credential | null>): Promise<Shown<R>> {
  let credential: Credential | null = null;
  try {
    credential = await ask();
  } catch (cause) {
    if (!(cause instanceof DOMException)) throw cause;
    if (cause.name === "InvalidStateError")
      throw new ApiError({ code: "conflict", detail: "There is a passkey of yours on this device already" });
    if (cause.name === "SecurityError")
      throw new ApiError({ code: "unavailable", detail: "Passkeys do not work at this address of the server" });
  }
  // Cancelled, timed out, none there: the browser does not tell them apart.
  if (!credential) throw new ApiError({ code: "cancelled", detail: "No passkey was used" });
  return credential as Shown<R>;
}

const described = (list: Described[] | undefined) => list?.map((d) => ({ ...d, id: bytes(d.id) }));

function answer(credential: PublicKeyCredential, response: Record<string, unknown>) {
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  };
}

function bytes(base64url: string): Uint8Array<ArrayBuffer> {
  const base64 = base64url.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}

function text(buffer: ArrayBuffer): string {
  const base64 = btoa(String.fromCharCode(...new Uint8Array(buffer)));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
