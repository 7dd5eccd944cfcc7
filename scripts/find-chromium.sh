#!/bin/sh
# Prints the path of a Chrome or Chromium that the browser tests can drive; exits 1 when there
# is none. $CHROMIUM, if set, wins.
# usage: scripts/find-chromium.sh
set -u
if [ -n "${CHROMIUM:-}" ]; then
  [ -x "$CHROMIUM" ] && { echo "$CHROMIUM"; exit 0; }
  echo "CHROMIUM=$CHROMIUM is not an executable file" >&2
  exit 1
fi
for name in chromium chromium-browser google-chrome-stable google-chrome; do
  command -v $name 2>/dev/null && exit 0
done
for folder in /Applications "$HOME/Applications"; do
  for app in 'Google Chrome' Chromium 'Google Chrome for Testing' 'Microsoft Edge'; do
    program="$folder/$app.app/Contents/MacOS/$app"
    [ -x "$program" ] && { echo "$program"; exit 0; }
  done
done
exit 1
