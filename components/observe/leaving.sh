#!/usr/bin/env bash
# shellcheck shell=bash
# Tells which addresses a host that leaves has and whose it is, changing nothing: a document like that of facts.sh.
set -euo pipefail
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

[ "$EUID" = 0 ] || { echo "error: not root" >&2 && exit 77; }
interfaces=$(timeout --foreground -k 1 3 ip -j addr show </dev/null | base64 -w0)
# One that was given back, or never claimed, is nobody's.
files=$(timeout --foreground -k 1 3 grep -asHZ '' /var/lib/kubeadm-ha/cluster </dev/null | base64 -w0) || files=""
printf '{"epochMs":%s,"unanswered":[],"answers":{"interfaces":"%s","files":"%s"}}\n' "$(date +%s%3N)" "$interfaces" "$files"
