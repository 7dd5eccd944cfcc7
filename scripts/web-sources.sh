#!/bin/sh
# Prints the files that the web app is built from, so that make rebuilds it when one changed.
# usage: scripts/web-sources.sh
set -eu
cd "$(dirname "$0")/.."
find clients/web -name node_modules -prune -o -name test-results -prune -o -name playwright-report -prune -o -name coverage -prune -o \
  -type f ! -name '*.test.ts' ! -name '*.test.tsx' ! -name '* *' ! -path '*/e2e/*' -print 2>/dev/null
