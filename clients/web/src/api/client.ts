import { operations } from "./request";
import type { Problem } from "./types";
import { fetchWithin, isSilence } from "./within";

/** What the app calls itself at sign-in and in the socket's hello. */
export const CLIENT = "web/0.1.0";

/** A request that did not succeed. `code` is one of the contract's codes, or "network" when no answer came. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  readonly hint: string;
  readonly fields: Record<string, string>;
  /** Seconds after which a repeat may succeed; 0 when the server says nothing. */
  readonly retryAfter: number;

  constructor(problem: Partial<Omit<Problem, "code">> & { code: string }, retryAfter = 0) {
    super(sentence(problem.detail ?? problem.title ?? problem.code));
    this.name = "ApiError";
    this.code = problem.code;
    this.status = problem.status ?? 0;
    this.hint = problem.hint ?? "";
    this.fields = Object.fromEntries((problem.errors ?? []).map((e) => [e.pointer.slice(1), sentence(e.detail)]));
    this.retryAfter = retryAfter;
  }

  /** Whether the same request may succeed later, unchanged. */
  get transient(): boolean {
    return (
      this.status >= 500 ||
      ["network", "rate_limited", "busy", "outcome_unknown", "unavailable", "in_flight", "storage_full"].includes(
        this.code,
      )
    );
  }
}

function sentence(text: string): string {
  const trimmed = text.trim();
  if (!trimmed) return "Something went wrong.";
  return trimmed[0]?.toUpperCase() + trimmed.slice(1) + (/[.!?…]$/.test(trimmed) ? "" : ".");
}

export function problemOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const detail = isSilence(error) ? "The server did not answer" : "The server cannot be reached";
  return new ApiError({ code: "network", detail });
}

let onSignedOut: () => void = () => {};

/** Sets what happens when the server no longer knows the session. */
export function whenSignedOut(handler: () => void): void {
  onSignedOut = handler;
}

let session = 0;

/** Says that another session begins, or none: what is still answered to the one before ends nothing. */
export function newSession(): void {
  session++;
}

let onOwing: () => void = () => {};

/** Sets what happens when the session owes a second factor before it may do anything else. */
export function whenOwing(handler: () => void): void {
  onOwing = handler;
}

let prove: () => Promise<boolean> = async () => false;

/** Sets how somebody is asked to prove anew who they are; the answer is whether they did. */
export function whenProofNeeded(handler: () => Promise<boolean>): void {
  prove = handler;
}

/** Sends a request, and once more when it only wants a fresh proof and gets one. */
async function send(request: Request, bytes: number): Promise<Response> {
  const again = request.clone();
  const response = await told(request, bytes);
  if (response.status !== 401) return response;
  const problem: unknown = await response
    .clone()
    .json()
    .catch(() => null);
  const wanted = isProblem(problem) && problem.code === "reauth_required";
  return wanted && (await prove()) ? told(again, bytes) : response;
}

/** Sends a request; of a change that is not answered it says that it may have been made. */
async function told(request: Request, bytes: number): Promise<Response> {
  try {
    return await fetchWithin(request, bytes);
  } catch (cause) {
    if (request.method === "GET" || !isSilence(cause)) throw cause;
    const hint = "It may have been done all the same; trying again does no harm.";
    throw new ApiError({ code: "network", detail: problemOf(cause).message, hint });
  }
}

export const api = operations(`${location.origin}/api/v1`, send);

interface Result<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Unwraps an answer: its data, or an ApiError thrown. */
export async function ok<T>(request: Promise<Result<T>>): Promise<T> {
  const mine = session;
  let result: Result<T>;
  try {
    result = await request;
  } catch (cause) {
    throw problemOf(cause);
  }
  const { data, error, response } = result;
  if (response.ok) return data as T;
  const problem = isProblem(error)
    ? error
    : {
        code: response.status >= 500 ? "unavailable" : "internal",
        status: response.status,
        detail: "The server gave no answer that this app knows",
      };
  const failure = new ApiError(problem, Number(response.headers.get("Retry-After")) || 0);
  if (mine === session && ["unauthenticated", "suspended"].includes(failure.code)) onSignedOut();
  if (mine === session && failure.code === "mfa_required") onOwing();
  throw failure;
}

function isProblem(error: unknown): error is Problem {
  return typeof error === "object" && error !== null && typeof (error as Problem).code === "string";
}

/** Walks all pages of a list. */
export async function allPages<T>(
  page: (cursor: string | undefined) => Promise<{ data: T[]; page: { next: string | null } }>,
): Promise<T[]> {
  const rows: T[] = [];
  let cursor: string | undefined;
  do {
    const answer = await page(cursor);
    rows.push(...answer.data);
    cursor = answer.page.next ?? undefined;
  } while (cursor);
  return rows;
}
