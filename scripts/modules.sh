#!/bin/sh
# Prints the folder of every Go module of the workspace, one a line, as go.work lists them.
# usage: scripts/modules.sh
set -eu
cd "$(dirname "$0")/.."
awk '/^use \(/{in_use=1; next} in_use && /^\)/{in_use=0} in_use{print $1} /^use [^(]/{print $2}' go.work | sed 's|^\./||'
