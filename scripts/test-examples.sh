#!/bin/bash
# Runs each library's examples the way a program outside this workspace would: GOWORK=off, each
# main package as a program that must exit 0, or by its tests where it has some: a server does
# not exit. A library without an example fails.
# usage: scripts/test-examples.sh
set -eu
cd "$(dirname "$0")/.."
export GOWORK=off
for library in auth messaging channels admin; do
  (
    cd $library/examples
    mains=$(go list -f '{{if eq .Name "main"}}{{.ImportPath}}{{end}}' ./... | sed '/^$/d')
    [ -n "$mains" ] || { echo "$library/examples has no program" >&2; exit 1; }
    for main in $mains; do
      if [ -n "$(go list -f '{{join .TestGoFiles ""}}' "$main")" ]; then how="go test -count=1"; else how="go run"; fi
      output=$($how "$main" 2>&1) || { echo "$output" >&2; echo "FAIL  $main" >&2; exit 1; }
      echo "ok    $main"
    done
  )
done
