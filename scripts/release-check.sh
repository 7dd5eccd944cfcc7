#!/bin/bash
# Rehearses a release without publishing anything. In a clone it makes the release commit (the
# replaces dropped, the requires set to the version, the built web app added), tags every module,
# pushes that to a bare repository in a temporary folder, and then, as a stranger would,
#   go install  each binary at the version      go get  the SDK at the version
# starts the installed dankerchatd, fetches / and a script of its embedded web app, and asks it
# through the SDK. Only github.com/dankerchat/dankerchat is read from the temporary repository;
# everything else comes from where GOPROXY says. Nothing of it stays.
# usage: scripts/release-check.sh
set -eu
cd "$(dirname "$0")/.."

prefix=github.com/dankerchat/dankerchat
version=$(scripts/version.sh)
tag=v$version
source=$PWD

[ -z "$(git status --porcelain)" ] || echo "note: what is not committed is not part of the rehearsal" >&2

tmp=$(mktemp -d "${TMPDIR:-/tmp}/dankerchat-release.XXXXXX")
server=''
cleanup() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  [ -z "$server" ] || wait "$server" 2>/dev/null || true
  rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 1' INT TERM
fail() { echo "release-check: $*" >&2; exit 1; }

# Git reads our repository from the temporary one; the user's own configuration stays in force.
bare=$tmp/dankerchat.git
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0="url.file://$bare.insteadOf" GIT_CONFIG_VALUE_0="https://$prefix"
export GIT_AUTHOR_NAME=release-check GIT_AUTHOR_EMAIL=release-check@localhost
export GIT_COMMITTER_NAME=release-check GIT_COMMITTER_EMAIL=release-check@localhost

# Go: our prefix directly and unknown to the checksum database; what this machine has in its
# module cache is a proxy before the others, so that nothing is downloaded twice. -trimpath makes
# the build cache useful for sources in a temporary folder.
append() { echo "${1:+$1,}$2"; }
shared=$(go env GOMODCACHE)/cache/download
GONOPROXY=$(append "$(go env GONOPROXY)" "$prefix")
GONOSUMDB=$(append "$(go env GONOSUMDB)" "$prefix")
GOPROXY=file://$shared,$(go env GOPROXY)
GOFLAGS="$(go env GOFLAGS) -modcacherw -trimpath"
export GONOPROXY GONOSUMDB GOPROXY GOFLAGS GOWORK=off GOMODCACHE=$tmp/modcache CGO_ENABLED=${CGO_ENABLED:-0}

echo "release-check: $tag in $tmp"
git init -q --bare "$bare"
git -C "$bare" config receive.shallowUpdate true
git push -q "file://$bare" HEAD:refs/heads/main
git clone -q --branch main "file://$bare" "$tmp/release"
cd "$tmp/release"
git checkout -q --detach
base=$(git rev-parse HEAD)

make -s web >"$tmp/web.log" 2>&1 || { cat "$tmp/web.log" >&2; fail "the web app does not build"; }
git add -f server/web/dist

# The modules of ours that a go.mod requires, by folder.
required() { awk -v ours="$prefix/" '
  $1 == "require" && $2 == "(" { block = 1; next }
  $1 == ")" { block = 0 }
  { path = block ? $1 : ($1 == "require" ? $2 : "") }
  index(path, ours) == 1 { print substr(path, length(ours) + 1) }' "$1/go.mod"; }

# Module after module, those first that need no other: only when a module's tag is in the
# repository can the go.sum of those that need it be written.
tags=''
pending=$(scripts/modules.sh)
while [ -n "$pending" ]; do
  ready='' later=''
  for module in $pending; do
    waits=0
    for needed in $(required "$module"); do
      case " $(echo $pending) " in *" $needed "*) waits=1 ;; esac
    done
    if [ $waits -eq 0 ]; then ready="$ready $module"; else later="$later $module"; fi
  done
  [ -n "$ready" ] || fail "these modules need each other:$later"
  for module in $ready; do
    (
      cd "$module"
      for replaced in $(awk '{ for (i = 1; i <= NF; i++) if ($i == "=>") print $(i-1) }' go.mod); do
        go mod edit -dropreplace="$replaced"
      done
      for needed in $(required .); do go mod edit -require="$prefix/$needed@$tag"; done
      go mod tidy >"$tmp/tidy.log" 2>&1 || { cat "$tmp/tidy.log" >&2; exit 1; }
    ) || fail "$module cannot be tidied at $tag"
  done
  git add -A
  git commit -q --allow-empty -m "release $tag:$ready"
  pushed=''
  for module in $ready; do git tag "$module/$tag"; pushed="$pushed $module/$tag"; done
  git push -q origin $pushed
  tags="$tags $pushed"
  echo "  tagged$pushed"
  pending=$(echo $later)
done

# One commit holds it all; the tags move there. Each module's files are the same as when it was
# tagged, so the sums stay true; the module cache forgets the commits in between.
git reset -q --soft "$base"
git commit -q -m "release $tag"
for t in $tags; do git tag -f "$t" >/dev/null; done
git push -q -f origin $tags
rm -rf "$tmp/modcache/github.com/dankerchat" "$tmp/modcache/cache/download/github.com/dankerchat" "$tmp/modcache/cache/vcs"

# From here on a stranger with nothing but Go.
mkdir "$tmp/stranger" "$tmp/bin"
cd "$tmp/stranger"
for binary in $(make -s -C "$source" print-binaries); do
  GOBIN=$tmp/bin go install "$binary@$tag" >"$tmp/install.log" 2>&1 || { cat "$tmp/install.log" >&2; fail "go install $binary@$tag fails"; }
  program=$tmp/bin/${binary##*/}
  case $("$program" --version) in
  *" $version "* | *" $version") echo "  installed $("$program" --version)" ;;
  *) fail "${binary##*/} --version says '$("$program" --version)', not $version" ;;
  esac
done

"$tmp/bin/dankerchatd" serve --listen 127.0.0.1:0 --data-dir "$tmp/data" >"$tmp/server.out" 2>"$tmp/server.err" </dev/null &
server=$!
url='' tries=0
while [ -z "$url" ]; do
  tries=$((tries + 1))
  kill -0 $server 2>/dev/null && [ $tries -le 150 ] || { cat "$tmp/server.err" >&2; fail "the installed dankerchatd does not start"; }
  sleep 0.2
  url=$(sed -n 's|.*listening on \(http://127\.0\.0\.1:[0-9]*\).*|\1|p' "$tmp/server.err" | head -1)
done

page=$(curl -sSf "$url/") || fail "$url/ does not answer"
# The app's own script: what the build named by its content.
script=$(printf '%s' "$page" | tr '>' '\n' | sed -n 's|.*<script[^>]* src="\(/assets/[^"]*\.js\)".*|\1|p' | head -1)
[ -n "$script" ] || fail "/ names no script in /assets/: the web app is not embedded"
type=$(curl -sSf -o "$tmp/script.js" -w '%{content_type}' "$url/${script#/}") || fail "$script does not answer"
case $type in text/javascript* | application/javascript*) ;; *) fail "$script comes as '$type'" ;; esac
[ -s "$tmp/script.js" ] || fail "$script is empty"
echo "  served / and $script ($(wc -c <"$tmp/script.js" | tr -d ' ') bytes)"

cat >main.go <<'GO'
// Prints the version of the DankerChat server at the address given.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/dankerchat/dankerchat/clients/go"
)

func main() {
	client, err := dankerchat.New(os.Args[1])
	if err == nil {
		var meta dankerchat.Meta
		if meta, err = client.Meta(context.Background()); err == nil {
			fmt.Println(meta.Version)
			return
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
GO
go mod init example.com/stranger >/dev/null 2>&1
go get "$prefix/clients/go@$tag" >"$tmp/get.log" 2>&1 || { cat "$tmp/get.log" >&2; fail "go get $prefix/clients/go@$tag fails"; }
said=$(go run . "$url" 2>&1) || { echo "$said" >&2; fail "a program with the SDK at $tag fails"; }
[ "$said" = "$version" ] || fail "the server says it is version '$said', not $version"
echo "  a program with the SDK at $tag asked the server its version: $said"

echo "release-check: go install of every binary and go get of the SDK work at $tag"
