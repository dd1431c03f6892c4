#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2034,SC2154
# What etcd itself says of its members, and how one of them leaves: one at a time, and never below quorum.

ETCDCTL=etcdctl
# Client URLs that questions go to, and the members as they were last told.
ASK=()
LIST=""

ctl() {
  timeout -k 5 20 "$ETCDCTL" --cacert /etc/etcd/pki/ca.crt --cert /etc/etcd/pki/server.crt --key /etc/etcd/pki/server.key \
    --dial-timeout 3s --command-timeout 4s "$@" </dev/null
}

ask() { ctl --endpoints "$(IFS=, && printf '%s' "${ASK[*]}")" "$@"; }

# A line a member: id, started or unstarted, name, peer URLs, client URLs, whether it learns; - for what it never told.
refresh() {
  local list
  list=$(ask member list) && [ -n "$list" ] || return 1
  LIST=$(awk -F', ' '{for (i = 3; i <= 5; i++) if ($i == "") $i = "-"; print $1, $2, $3, $4, $5, $6}' <<<"$list")
}

voters() { awk '$2 == "started" && $6 == "false"' <<<"$LIST"; }

ask_voters() { mapfile -t ASK < <(voters | awk '{sub(/,.*/, "", $5); print $5}'); }

# find_cluster URL…: has the first that answers tell the members, and sets ASK to those that vote.
find_cluster() {
  local url place
  for url; do
    place=${url#https://}
    # The inner shell's, on purpose.
    # shellcheck disable=SC2016
    timeout 2 bash -c ': 3<>"/dev/tcp/$0/$1"' "${place%:*}" "${place##*:}" 2>/dev/null || continue
    ASK=("$url")
    if refresh; then
      ask_voters
      return 0
    fi
  done
  printf 'none of these tells the members of the etcd cluster: %s\n' "${*:-no other member is known}"
  return 1
}

# answers URL: serves what a quorum agrees on. Not the same as healthy: an alarm of another member does not count.
answers() { ctl --endpoints "${1%%,*}" get kubeadm-ha/bootstrapped 2>&1; }

# field URL NAME: of a member's status.
field() { ctl --endpoints "${1%%,*}" endpoint status -w fields | sed -n "s/^\"$2\" : \"\{0,1\}\([^\"]*\)\"\{0,1\}$/\1/p"; }

# leads URL
leads() {
  local id
  id=$(field "$1" MemberID 2>/dev/null) && [ -n "$id" ] && [ "$id" = "$(field "$1" Leader 2>/dev/null)" ]
}

leads_no_more() { ! leads "$1"; }

# Those that may lead: of the members that stay, the voters that answer, in the order of the chain.
heirs() {
  local name url
  voters | awk '{print $3, $5}' | sort -V | while read -r name url; do
    if [ -n "${MEMBERS+set}" ] && ! grep -qxF "$name" < <(printf '%s\n' "${MEMBERS[@]}"); then continue; fi
    if answers "$url" >/dev/null; then printf '%s\n' "$name"; fi
  done
}

# move_leadership NAME URL: from a member, if it leads, to the last of the chain, which keeps it until its own turn: at
# most two moves for all members.
move_leadership() {
  local name=$1 url=${2%%,*} all heir id
  leads "$url" || return 0
  all=$(heirs)
  heir=$(tail -n 1 <<<"$all")
  if [ "$heir" = "$name" ]; then heir=$(head -n 1 <<<"$all"); fi
  [ -n "$heir" ] && [ "$heir" != "$name" ] || return 0
  id=$(awk -v name="$heir" '$3 == name {print $1}' <<<"$LIST")
  ctl --endpoints "$url" move-leader "$id" >"$STAGE/.log" 2>&1 ||
    die "moving etcd's leadership from $name to $heir failed: $(tail -n 1 "$STAGE/.log" | cut -c1-300)"
  wait_until 15 "etcd's leader is another than $name" leads_no_more "$url"
  say "$name: etcd's leadership moved to $heir"
}

# enough_without ID: whether the other members that vote have a quorum that answers.
enough_without() {
  local id state learner url left=0 answering=0
  while read -r id state _ _ url learner; do
    if [ "$id" = "$1" ] || [ "$learner" = true ]; then continue; fi
    left=$((left + 1))
    if [ "$state" = started ] && answers "$url" >/dev/null; then answering=$((answering + 1)); fi
  done <<<"$LIST"
  printf '%s of the %s others that vote answer\n' "$answering" "$left"
  [ "$answering" -ge $((left / 2 + 1)) ]
}

is_gone() {
  ask member remove "$1" 2>&1
  refresh && ! grep "^$1 " <<<"$LIST"
}

# remove_member ID: etcd itself refuses for some seconds after an earlier change.
remove_member() {
  local id=$1 state name peer url
  read -r _ state name peer url _ < <(grep "^$id " <<<"$LIST")
  enough_without "$id" >"$STAGE/.last" || die "etcd keeps its member $name at $peer: without it $(cat "$STAGE/.last"), which is no quorum"
  if [ "$state" = started ]; then move_leadership "$name" "$url"; fi
  wait_until 60 "the member $name at $peer is removed from etcd" is_gone "$id"
  say "etcd's member $name at $peer is removed"
}

# Of MEMBERS and ENDPOINTS, by its name or, while it has none, by its address.
is_wanted() {
  local name=$1 peer=$2 entry
  for entry in "${MEMBERS[@]}"; do [ "$name" != "$entry" ] || return 0; done
  for entry in "${ENDPOINTS[@]}"; do [ "$name" != - ] || [ "${peer%:*}" != "${entry%:*}" ] || return 0; done
  return 1
}

unwanted() {
  local id name peer
  while read -r id _ name peer _; do is_wanted "$name" "$peer" || printf '%s\n' "$id"; done <<<"$LIST"
}

# Members that the configuration no longer names, learners among them.
remove_unwanted() {
  local id
  for id in $(unwanted); do
    remove_member "$id"
    ask_voters
  done
}

# The same, of those that do not answer.
remove_silent() {
  local id url
  while read -r id _ _ _ url _; do
    if unwanted | grep -x "$id" >/dev/null && ! answers "$url" >/dev/null; then remove_member "$id"; fi
  done <<<"$LIST"
  ask_voters
}

# Alarms that only members which are gone have raised: a corrupt one takes its alarm with it. One without a member is
# raised when etcd cannot tell who is wrong.
clear_alarms_of_the_gone() {
  local raised id known=('^alarm:')
  refresh && raised=$(ask alarm list) && [ -n "$raised" ] || return 0
  while read -r id _; do known+=("^memberID:$(printf '%u' "$((16#$id))") "); done <<<"$LIST"
  if ! grep -f <(printf '%s\n' "${known[@]}") <<<"$raised" >/dev/null; then ask alarm disarm >/dev/null; fi
}
