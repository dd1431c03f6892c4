#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Gate: the members are those of the configuration, each is started, votes and answers; others leave. Then marks the
# cluster as bootstrapped: from now on a member with an empty data directory is one that lost its data.
# Input: MEMBERS (names), ENDPOINTS (https://ip:2379 …, in the same order).

# Names of those that do not answer.
silent() {
  local index
  for index in "${!MEMBERS[@]}"; do
    if ! answers "${ENDPOINTS[index]}" >/dev/null; then printf '%s\n' "${MEMBERS[index]}"; fi
  done | paste -sd ' '
}

all_answer() {
  local missing
  missing=$(silent)
  printf 'no answer of %s\n' "$missing"
  [ -z "$missing" ]
}

was_whole() { [ "$(ask get kubeadm-ha/bootstrapped --print-value-only)" = yes ]; }

# A dead member that leaves must not wait for another that is dead too. Whoever is new has answered as it joined, and
# whatever restarts something asks for all of them again.
quorum_answers() { was_whole && refresh && [ -z "$(unwanted)" ] && enough_without none >/dev/null; }

members_as_wanted() {
  local rows
  refresh && rows=$(voters | awk '{print $3}' | sort) || return 1
  printf 'started and voting: %s\n' "$(tr '\n' ' ' <<<"$rows")"
  [ "$rows" = "$(printf '%s\n' "${MEMBERS[@]}" | sort)" ] && [ -z "$(unwanted)" ]
}

wait_until 120 "an etcd member of the configuration tells the others: ${MEMBERS[*]}" find_cluster "${ENDPOINTS[@]}"
remove_silent
if ! try wait_until 120 "every etcd member of the configuration answers: ${MEMBERS[*]}" all_answer 2>"$STAGE/.silence"; then
  quorum_answers || die "$(sed 's/^error: //' "$STAGE/.silence")"
  say "etcd goes on without $(silent), for the other members are a quorum"
fi
remove_unwanted
wait_until 60 "the etcd members are ${MEMBERS[*]}, all started and voting" members_as_wanted
clear_alarms_of_the_gone
was_whole || ask put kubeadm-ha/bootstrapped yes >/dev/null
