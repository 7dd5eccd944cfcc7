#!/bin/sh
# Prints the version 0.1.BUILD: MAJOR.MINOR from contracts/VERSION, BUILD is the number of
# commits (in a shallow clone, of those it has; outside git, 0).
# usage: scripts/version.sh [ldflags]     with ldflags: the flags that stamp it into a binary
set -eu
cd "$(dirname "$0")/.."

major_minor=$(cat contracts/VERSION)
build=0 commit='' built=''
# A tarball unpacked inside some other repository is not that repository: look at the top.
if [ "$(git rev-parse --show-toplevel 2>/dev/null)" = "$(pwd -P)" ] && git rev-parse -q --verify HEAD >/dev/null 2>&1; then
  build=$(git rev-list --count HEAD)
  commit=$(git rev-parse --short=7 HEAD)
  built=$(TZ=UTC0 git show -s --date=format-local:%Y-%m-%d --format=%cd HEAD)
fi
version=$major_minor.$build

case ${1:-} in
'') echo "$version" ;;
ldflags)
  package=github.com/dankerchat/dankerchat/contracts
  echo "-X $package.version=$version -X $package.commit=$commit -X $package.built=$built" ;;
*) echo "usage: scripts/version.sh [ldflags]" >&2; exit 2 ;;
esac
