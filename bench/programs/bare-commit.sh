#!/bin/sh
# bare-commit.sh REPOSITORY URL PATH FILE: what a state commit costs at least with git's own commands: fetch the branch, put one
# file into its tree, commit, and push on the condition that nobody else has pushed. REPOSITORY is a bare one that is kept.
set -eu
cd "$1"
branch=refs/heads/dstack-state
export GIT_INDEX_FILE="$PWD/index.$$"
trap 'rm -f "$GIT_INDEX_FILE"' EXIT
git fetch --quiet --depth=1 --no-tags "$2" "+$branch:refs/tip"
tip=$(git rev-parse refs/tip)
blob=$(git hash-object -w --stdin <"$4")
git read-tree "$tip"
git update-index --add --cacheinfo "100644,$blob,$3"
tree=$(git write-tree)
commit=$(git -c user.name=bench -c user.email=bench@example.com commit-tree "$tree" -p "$tip" -m "Bench")
git push --quiet "--force-with-lease=$branch:$tip" "$2" "$commit:$branch"
