/** Where to go after signing in: the path that was asked for, if it is one of this app. */
export function nextPath(search: string): string {
  const next = new URLSearchParams(search).get("next") ?? "/";
  // "//host" and "/\host" would leave the app.
  return /^\/(?![/\\])/.test(next) ? next : "/";
}
