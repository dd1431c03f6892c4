#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Gate: the members are those of the configuration, each is started, votes and answers; others leave. Then marks the
# cluster as bootstrapped: from now on a member with an empty data directory is one that lost its data.
# Input: MEMBERS (names), ENDPOINTS (https://ip:2379 …, in the same order).

all_answer() {
  local url
  find_cluster "${ENDPOINTS[@]}" || return 1
  for url in "${ENDPOINTS[@]}"; do
    answers "$url" >/dev/null && continue
    printf '%s does not answer\n' "$url"
    return 1
  done
}

members_as_wanted() {
  local rows
  refresh && rows=$(voters | awk '{print $3}' | sort) || return 1
  printf 'started and voting: %s\n' "$(tr '\n' ' ' <<<"$rows")"
  [ "$rows" = "$(printf '%s\n' "${MEMBERS[@]}" | sort)" ] && [ -z "$(unwanted)" ]
}

# Alarms that only members which are gone have raised: a corrupt one takes its alarm with it.
clear_alarms_of_the_gone() {
  local raised id known=()
  raised=$(ask alarm list) && [ -n "$raised" ] || return 0
  while read -r id _; do known+=("memberID:$(printf '%u' "$((16#$id))") "); done <<<"$LIST"
  if ! grep -F -f <(printf '%s\n' "${known[@]}") <<<"$raised" >/dev/null; then ask alarm disarm; fi
}

wait_until 120 "every etcd member of the configuration answers: ${MEMBERS[*]}" all_answer
remove_unwanted
wait_until 60 "the etcd members are ${MEMBERS[*]}, all started and voting" members_as_wanted
clear_alarms_of_the_gone
[ "$(ask get kubeadm-ha/bootstrapped --print-value-only)" = yes ] || ask put kubeadm-ha/bootstrapped yes >/dev/null
