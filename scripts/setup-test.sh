#!/bin/sh
# Makes sure that the tests find a Chromium and PostgreSQL's programs. What is missing is
# installed with apt-get on Debian and its relatives (as root, or through sudo); elsewhere the
# command to type is printed. No PostgreSQL is left running: the tests start their own.
# usage: scripts/setup-test.sh
set -u
here=$(dirname "$0")

want=''
"$here/find-chromium.sh" >/dev/null || want="$want chromium"
[ -n "${TEST_POSTGRES_URL:-}" ] || "$here/find-postgres.sh" >/dev/null || want="$want postgresql"
[ -n "$want" ] || exit 0

# Ubuntu has Chromium as a snap only, for example.
hint() {
  echo "If your system has no such package, install Google Chrome or PostgreSQL another way, or say" >&2
  echo "where they are: CHROMIUM=/path/to/chrome PG_BIN=/folder/with/initdb make test" >&2
  exit 1
}

case $(uname -s) in
Darwin)
  echo "The tests need what is not on this Mac:$want. Install it with:" >&2
  for package in $want; do
    case $package in
    chromium) echo "  brew install --cask google-chrome" >&2 ;;
    postgresql) echo "  brew install postgresql@17        (it need not run: the tests start their own)" >&2 ;;
    esac
  done
  echo "then run make test again." >&2
  exit 1 ;;
esac

if ! command -v apt-get >/dev/null 2>&1; then
  echo "The tests need what is not on this machine:$want. Install it with your package manager," >&2
  echo "or name it: CHROMIUM=/path/to/chromium PG_BIN=/folder/with/initdb make test" >&2
  exit 1
fi

# What root runs. Debian's package would make and start a database cluster that the tests don't
# use; its own setting prevents that, and is put back afterwards.
install='set -e
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
conf=/etc/postgresql-common/createcluster.conf
case " $* " in *" postgresql "*)
  if [ ! -e $conf ]; then
    apt-get install -q -y --no-install-recommends postgresql-common
    cp -p $conf $conf.before
    echo "create_main_cluster = false" >> $conf
    trap "mv $conf.before $conf" EXIT
  fi ;;
esac
apt-get install -q -y --no-install-recommends "$@"'

if [ "$(id -u)" -eq 0 ]; then
  echo "installing what the tests need:$want"
  sh -c "$install" setup-test $want </dev/null || hint
elif command -v sudo >/dev/null 2>&1; then
  echo "installing what the tests need, as root:"
  echo "  sudo apt-get update && sudo apt-get install -y --no-install-recommends$want"
  sudo sh -c "$install" setup-test $want || hint
else
  echo "The tests need what is not on this machine. As root, run:" >&2
  echo "  apt-get update && apt-get install -y --no-install-recommends$want" >&2
  echo "then make test again." >&2
  exit 1
fi

"$here/find-chromium.sh" >/dev/null || { echo "chromium is still not found after installing it" >&2; exit 1; }
[ -n "${TEST_POSTGRES_URL:-}" ] || "$here/find-postgres.sh" >/dev/null || { echo "PostgreSQL's programs are still not found after installing them" >&2; exit 1; }
