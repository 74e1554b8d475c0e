#!/usr/bin/env bash
# All suites on a clean clone, with nothing but Node.js and npm installed. The last line of output is
# `N passed, N failed, N skipped`, summed over the suites; the exit code is 0 when nothing failed.
set -uo pipefail
cd "$(dirname "$0")/.."

counts=$(mktemp -d)
trap 'rm -rf "$counts"' EXIT
passed=0 failed=0 skipped=0

# Runs one suite. A suite that ends badly without saying how many tests failed (type check, lint, a crash) counts as one.
suite() {
  local name=$1 file=$counts/$1 p=0 f=0 s=0 status
  shift
  echo "== $name: $*"
  FAIRLEAD_TEST_COUNTS=$file "$@"
  status=$?
  if [ -s "$file" ]; then read -r p f s <"$file"; fi
  if [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then
    f=1
    echo "$name: ended with exit code $status"
  fi
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

suite main npm test --silent
if [ -n "${KUBEBUILDER_ASSETS:-}" ] || command -v go >/dev/null; then
  suite e2e npm run --silent test:e2e
else
  echo "== e2e: skipped, KUBEBUILDER_ASSETS is not set and there is no Go on the PATH to build a kube-apiserver with"
  skipped=$((skipped + 1))
fi
if command -v kubectl >/dev/null; then
  suite kubectl npm run --silent test:kubectl
else
  echo "== kubectl: skipped, there is no kubectl on the PATH"
  skipped=$((skipped + 1))
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
