#!/usr/bin/env bash
# Makes a bare host's root file system the mirror's: nginx for packages and archives, a registry for images.
# Usage: mirror.sh TARGET ARCHIVE, in a mount namespace of its own.
set -euo pipefail

target=$1
archive=$2
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

install_servers() {
  printf 'deb %s trixie main\n' "$archive" >"$target/etc/apt/sources.list"
  cp --remove-destination /etc/resolv.conf "$target/etc/resolv.conf"
  # Packages must not start their services in here.
  printf '#!/bin/sh\nexit 101\n' >"$target/usr/sbin/policy-rc.d"
  chmod 755 "$target/usr/sbin/policy-rc.d"
  mount -t proc proc "$target/proc"
  chroot "$target" apt-get -q update
  chroot "$target" apt-get -q install -y --no-install-recommends docker-registry nginx-light
  umount "$target/proc"
  rm -f "$target/usr/sbin/policy-rc.d" "$target/etc/apt/sources.list"
  rm -rf "$target"/var/lib/apt/lists/* "$target"/var/cache/apt/*.bin "$target"/var/cache/apt/archives/*.deb
}

configure() {
  cp -r --no-preserve=ownership "$here/mirror/." "$target/"
  # What it serves is mounted from the machine, where it belongs to root alone.
  sed -i 's/^user .*/user root;/' "$target/etc/nginx/nginx.conf"
  chroot "$target" systemctl enable nginx.service docker-registry.service
}

install_servers
configure
