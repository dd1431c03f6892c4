#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Gate: every member is started, none is a learner, each answers and has accepted a proposal. Then marks the cluster
# as bootstrapped: from now on a member with an empty data directory is one that lost its data.
# Input: MEMBERS (names), ENDPOINTS.

all=$(IFS=, && printf '%s' "${ENDPOINTS[*]}")

ctl() {
  timeout -k 5 15 etcdctl --cacert /etc/etcd/pki/ca.crt --cert /etc/etcd/pki/server.crt --key /etc/etcd/pki/server.key \
    --dial-timeout 2s --command-timeout 4s --endpoints "$all" "$@" </dev/null
}

members_as_wanted() {
  local started wanted
  started=$(ctl member list | awk -F', ' '$2 == "started" && $6 == "false" {print $3}' | sort)
  wanted=$(printf '%s\n' "${MEMBERS[@]}" | sort)
  printf 'started voting members: %s\n' "$(tr '\n' ' ' <<<"$started")"
  [ "$started" = "$wanted" ]
}

wait_until 120 "every etcd member is healthy" ctl endpoint health
wait_until 60 "the etcd members are ${MEMBERS[*]}, all started and voting" members_as_wanted
[ "$(ctl get kubeadm-ha/bootstrapped --print-value-only)" = yes ] || ctl put kubeadm-ha/bootstrapped yes >/dev/null
