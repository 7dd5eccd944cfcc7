/** Where to go after signing in: the path that was asked for, if it is one of this app. */
export function nextPath(search: string): string {
  const next = new URLSearchParams(search).get("next") ?? "/";
  // "//host" and "/\host" would leave the app.
  return /^\/(?![/\\])/.test(next) ? next : "/";
}

/** The search that brings back to a path; what /login was asked for already stays. */
export function nextSearch(path: string): string {
  const next = path.startsWith("/login") ? nextPath(location.search) : path;
  return next === "/" ? "" : `?next=${encodeURIComponent(next)}`;
}
