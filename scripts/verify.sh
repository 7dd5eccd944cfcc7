#!/bin/sh
# Fails when a generated file is not what its source makes, or when contracts/openapi.yaml lost
# or narrowed something since the last release (without one: since this branch left origin/main).
# usage: scripts/verify.sh
set -eu
cd "$(dirname "$0")/.."

pinned=1.37.0
failed=0

# What make generate changes was stale. The whole tree is compared with itself, so that work
# that is not committed yet doesn't matter.
tmp=$(mktemp -d "${TMPDIR:-/tmp}/dankerchat-verify.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
snapshot() {
  git ls-files -z -c -o --exclude-standard | xargs -0 ls -d 2>/dev/null | grep -v '^go.work.sum$' >"$tmp/names" || true
  git hash-object --stdin-paths <"$tmp/names" >"$tmp/hashes"
  paste "$tmp/hashes" "$tmp/names" >"$1"
}
snapshot "$tmp/before"
make -s generate
snapshot "$tmp/after"
if ! diff "$tmp/before" "$tmp/after" >"$tmp/diff"; then
  echo "verify: these generated files were stale and are new now; commit them:" >&2
  sed -n 's/^> [0-9a-f]*[[:space:]]*/  /p' "$tmp/diff" >&2
  failed=1
fi

base=$(git describe --tags --abbrev=0 --match 'contracts/v*' 2>/dev/null || git merge-base HEAD origin/main 2>/dev/null || true)
if [ -z "$base" ] || ! git cat-file -e "$base:contracts/openapi.yaml" 2>/dev/null; then
  echo "verify: no earlier contracts/openapi.yaml to compare with"
elif git show "$base:contracts/openapi.yaml" | cmp -s - contracts/openapi.yaml; then
  echo "verify: contracts/openapi.yaml is the one of $base"
else
  # The folder's name holds the version: another pinned version is another program.
  oasdiff=$PWD/.cache/oasdiff-$pinned/oasdiff
  [ -x "$oasdiff" ] || {
    echo "building oasdiff $pinned into .cache (once)"
    GOBIN=${oasdiff%/*} GOWORK=off go install "github.com/oasdiff/oasdiff@v$pinned"
  }
  git show "$base:contracts/openapi.yaml" >"$tmp/openapi.yaml"
  "$oasdiff" breaking --fail-on WARN "$tmp/openapi.yaml" contracts/openapi.yaml || {
    echo "verify: contracts/openapi.yaml breaks what clients of $base rely on (above); the API grows, it never loses" >&2
    failed=1
  }
fi
exit $failed
