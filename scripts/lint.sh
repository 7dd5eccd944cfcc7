#!/bin/sh
# Lints (or formats) the Go code of every module and checks the length of every file.
# golangci-lint is taken from PATH when it is the pinned version, else built once into .cache/bin
# (about two minutes).
# usage: scripts/lint.sh [run|fmt] [MODULE…]     all modules when none is named
set -eu
cd "$(dirname "$0")/.."

pinned=2.15.0

version_of() { "$1" version --short 2>/dev/null | sed 's/^v//'; }
linter=$PWD/.cache/bin/golangci-lint
if [ "$(version_of golangci-lint)" = $pinned ]; then
  linter=golangci-lint
elif [ "$(version_of "$linter")" != $pinned ]; then
  echo "building golangci-lint $pinned into .cache/bin (once)"
  GOBIN=$PWD/.cache/bin GOWORK=off go install "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v$pinned"
fi

verb=${1:-run}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- $(scripts/modules.sh)

failed=0
case $verb in
fmt)
  for module in "$@"; do (cd "$module" && "$linter" fmt ./...) || failed=1; done ;;
run)
  scripts/check-lengths.sh || failed=1
  # -count=1: Go's test cache doesn't notice changes in other modules, which this test reads.
  go test -count=1 -run TestDependencyRule github.com/dankerchat/dankerchat/contracts || failed=1
  # All modules in one run through go.work: their dependencies are loaded once.
  folders=
  for module in "$@"; do folders="$folders ./$module/..."; done
  "$linter" run $folders || failed=1 ;;
*) echo "usage: scripts/lint.sh [run|fmt] [MODULE…]" >&2; exit 2 ;;
esac
exit $failed
