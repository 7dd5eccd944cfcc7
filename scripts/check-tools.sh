#!/bin/sh
# Checks that the tools for building are there and new enough; says what is missing, what is
# needed and how to get it, and then exits 1. Prints nothing when all is well.
# usage: scripts/check-tools.sh
set -u

need_go=1.26
need_node=20.19

bad=0
complain() { # what is wrong · what is needed · how to get it on macOS · how on Linux
  [ $bad -eq 1 ] || echo "DankerChat cannot be built with the tools on this machine:" >&2
  bad=1
  case $(uname -s) in Darwin) fix=$3 ;; *) fix=$4 ;; esac
  printf '  %s\n    needed: %s\n    to fix: %s\n' "$1" "$2" "$fix" >&2
}

# at_least HAVE WANT: compares the first two numbers of two versions.
at_least() {
  have_major=${1%%.*} have_rest=${1#*.} want_major=${2%%.*} want_rest=${2#*.}
  have_minor=${have_rest%%[!0-9]*} want_minor=${want_rest%%[!0-9]*}
  [ "$have_major" -gt "$want_major" ] || { [ "$have_major" -eq "$want_major" ] && [ "${have_minor:-0}" -ge "$want_minor" ]; }
}

command -v git >/dev/null 2>&1 || complain "git is not there" "git" "xcode-select --install" "install git with your package manager (Debian: apt-get install git)"

if command -v go >/dev/null 2>&1; then
  # GOWORK=off: an old Go refuses go.work before it tells its version.
  go=$(GOWORK=off GOTOOLCHAIN=local go env GOVERSION 2>/dev/null || go version | awk '{print $3}')
  go=${go#go}
  at_least "${go%%[!0-9.]*}" $need_go || complain "Go $go is too old" "Go $need_go or newer" "brew upgrade go, or https://go.dev/dl/" "https://go.dev/dl/ (a distribution's own Go is often older)"
else
  complain "Go is not there (no go in PATH)" "Go $need_go or newer" "brew install go, or https://go.dev/dl/" "https://go.dev/dl/, then put /usr/local/go/bin into PATH"
fi

if command -v node >/dev/null 2>&1; then
  node=$(node --version)
  usable=1
  at_least "${node#v}" $need_node || usable=0
  # What builds the web app wants, of the later lines, 22.12 and newer.
  case $node in v21.*) usable=0 ;; v22.*) at_least "${node#v}" 22.12 || usable=0 ;; esac
  [ $usable -eq 1 ] || complain "Node.js ${node#v} does not do" "Node.js $need_node or newer (not 21; of 22, 22.12 or newer)" "brew upgrade node, or https://nodejs.org" "https://nodejs.org (a distribution's own Node.js is often older)"
  command -v npm >/dev/null 2>&1 || complain "npm is not there" "npm, which comes with Node.js" "brew reinstall node" "install Node.js from https://nodejs.org, or your distribution's npm package"
else
  complain "Node.js is not there (no node in PATH)" "Node.js $need_node or newer" "brew install node, or https://nodejs.org" "https://nodejs.org (a distribution's own Node.js is often older)"
fi

exit $bad
