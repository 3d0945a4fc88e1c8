#!/bin/sh
# Runs before anything else at install: says in one message what this machine lacks, instead of a loader error later.
set -u
if node --version >/dev/null 2>&1; then
  exit 0
fi
echo "Entrepot runs on Node 26, which npm has installed for it, but that node does not start here:" >&2
node --version >&2
echo >&2
echo "Most often libatomic.so.1 is missing. Install it, then run npm ci again:" >&2
echo "  Debian, Ubuntu:  apt-get install libatomic1" >&2
echo "  Fedora, RHEL:    dnf install libatomic" >&2
echo "  Alpine:          use a glibc image; Node's own builds need glibc" >&2
exit 1
