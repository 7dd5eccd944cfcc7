#!/bin/sh
# Fails when a source file is longer than 600 lines (250 in a React component). Generated files
# (.gen.) and data (json, lock files) are not counted; a file over 400 lines is named as a hint.
# usage: scripts/check-lengths.sh
set -eu
cd "$(dirname "$0")/.."
find . \( -name node_modules -o -name .git -o -name .cache -o -name dist -o -name testdata -o -name bin \) -prune -o \
  -type f \( -name '*.go' -o -name '*.ts' -o -name '*.tsx' -o -name '*.css' -o -name '*.sh' -o -name '*.sql' \) ! -name '*.gen.*' -print |
  while IFS= read -r file; do
    echo "$(wc -l <"$file") $file"
  done | awk '
    { limit = 600 }
    /\.tsx$/ && !/\.test\.tsx$/ { limit = 250 }
    $1 > limit { printf "%s: %d lines, at most %d: split it by noun\n", $2, $1, limit; failed = 1; next }
    $1 > 400 { printf "%s: %d lines, a hint to split it\n", $2, $1 }
    END { exit failed }' >&2
