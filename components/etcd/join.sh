#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2153,SC2154
# Makes this host's member a voter of a cluster that runs: what is left of an older one goes, then it comes in as a
# learner and is promoted. What a run that was cut off left half done is found and finished.
# CANDIDATES: client URLs of which one may know the cluster. MEMBERS and ENDPOINTS, where they are given, say who stays.

own_url() { printf 'https://%s:2379' "$NODE_IP"; }
own_peer() { printf 'https://%s:2380' "$NODE_IP"; }

has_data() { compgen -G "$DATA_DIR/member/wal/*.wal" >/dev/null; }

own_rows() { awk -v name="$NODE_NAME" -v peer="$(own_peer)" '$3 == name || index("," $4 ",", "," peer ",")' <<<"$LIST"; }
other_rows() { grep -vxF -f <(own_rows) <<<"$LIST" || true; }

# voter, learner or unstarted; out when the cluster has no such member, or only one of another name or address.
standing() {
  local rows
  rows=$(own_rows)
  case $(grep -c . <<<"$rows") in
    1) awk -v name="$NODE_NAME" -v peer="$(own_peer)" '
      $4 != peer || ($3 != name && $3 != "-") {print "out"; exit}
      {print ($2 == "unstarted" ? $2 : $6 == "true" ? "learner" : "voter")}' <<<"$rows" ;;
    *) printf 'out\n' ;;
  esac
}

# A member that serves is left alone, and so is one that is only down: its data are its part of the cluster's.
must_join() {
  has_data || return 0
  ! answers "$(own_url)" >/dev/null && find_cluster "${CANDIDATES[@]}" >/dev/null 2>&1 && [ "$(standing)" != voter ]
}

# install_first_start new|existing: the file for an empty data directory. etcd reads these lines at no other start.
install_first_start() {
  { without_first_start "$STAGE/etcd.yaml" && printf 'initial-cluster: %s\ninitial-cluster-state: %s\n' "$(initial_cluster "$1")" "$1"; } >"$STAGE/first.yaml"
  install_file first.yaml /etc/etcd/etcd.yaml 0640 root:etcd
}

without_first_start() { grep -vE '^initial-cluster(-state)?:' "$1"; }

# name=peer-url,…: of a new cluster what the configuration says, of one that runs what it says itself.
initial_cluster() {
  local index
  if [ "$1" = new ]; then
    for index in "${!MEMBERS[@]}"; do printf '%s=%s\n' "${MEMBERS[index]}" "${ENDPOINTS[index]%:*}:2380"; done
  else
    awk -v own="$NODE_NAME" -v peer="$(own_peer)" '{
      name = $3 != "-" ? $3 : $4 == peer ? own : $1
      for (i = split($4, urls, ","); i > 0; i--) print name "=" urls[i]
    }' <<<"$LIST"
  fi | paste -sd , -
}

# What is left of this host's member may go at any time.
ask_others() {
  mapfile -t ASK < <(other_rows | awk '$2 == "started" && $6 == "false" {sub(/,.*/, "", $5); print $5}')
  [ ${#ASK[@]} -gt 0 ] || {
    printf '%s is the only member that votes: if its data are lost, restore a snapshot\n' "$NODE_NAME"
    return 1
  }
}

# Every member that is neither this one nor about to leave.
others_answer() {
  local state name peer url learner
  find_cluster "${CANDIDATES[@]}" && ask_others || return 1
  while read -r _ state name peer url learner; do
    if [ "$learner" = true ] || { [ -n "${MEMBERS+set}" ] && ! is_wanted "$name" "$peer"; }; then continue; fi
    [ "$state" = started ] && answers "$url" >/dev/null && continue
    printf '%s at %s does not answer\n' "$name" "$peer"
    return 1
  done < <(other_rows)
}

# What this host's member was before: it is stopped, and nobody else runs under its name.
remove_own() {
  local id name url
  [ -z "$(own_rows)" ] || move_leadership "$NODE_NAME" "$(own_url)"
  ! systemctl cat etcd >/dev/null 2>&1 || quietly 120 "stopping etcd" systemctl stop etcd
  while read -r id _ name _ url _; do
    [ -n "$id" ] || continue
    ! answers "$url" >/dev/null || die "etcd's member $name still answers at $url, though etcd is stopped on $NODE_NAME: another machine runs it. Stop it there first"
    remove_member "$id"
  done < <(own_rows)
}

# has_room_beside FOLDER: for twice as much, for the new data grow, and for the logs that come first.
has_room_beside() {
  local size free
  size=$(du -sm "$1" | cut -f1) free=$(df -m --output=avail "$1" | tail -n 1)
  [ "$free" -ge $((2 * size + 512)) ]
}

# One copy, until the next or until the host leaves, and none where the new data would have no room.
set_data_aside() {
  local aside=$DATA_DIR/member.removed
  [ -e "$DATA_DIR/member" ] || return 0
  rm -rf "$aside"
  mv "$DATA_DIR/member" "$aside"
  if has_room_beside "$aside"; then
    say "$NODE_NAME: the data of a member that etcd no longer has are in $aside"
  else
    rm -rf "$aside"
    say "$NODE_NAME: the data of a member that etcd no longer has are deleted, for there is no room for a copy"
  fi
}

# etcd takes one learner at a time, and none while a member is not connected.
is_added() {
  refresh || return 1
  [ -z "$(own_rows)" ] || return 0
  ask member add "$NODE_NAME" --learner --peer-urls "$(own_peer)" 2>&1
  return 1
}

# While it has no data yet, another member may come or go, and etcd wants to be told of exactly those that there are.
is_started() {
  refresh || return 1
  if ! has_data; then install_first_start existing; fi
  own_rows
  case $(standing) in voter | learner) unit_active etcd ;; *) return 1 ;; esac
}

is_promoted() {
  refresh || return 1
  [ "$(standing)" != voter ] || return 0
  ask member promote "$(own_rows | awk '{print $1}')" 2>&1
  return 1
}

join_cluster() {
  wait_until 60 "another member knows the etcd cluster that $NODE_NAME is to join, and every member that stays answers" others_answer
  if [ -n "${MEMBERS+set}" ]; then remove_unwanted_others; fi
  if ! { has_data && unit_active etcd && [ "$(standing)" = learner ]; }; then
    remove_own
    set_data_aside
    wait_until 300 "etcd takes $NODE_NAME as a learner" is_added
    install_first_start existing
    start_etcd
  fi
  wait_until 120 "etcd is started on $NODE_NAME as a learner" is_started
  wait_until 420 "$NODE_NAME is in sync and promoted to a voting etcd member" is_promoted
  wait_until 30 "the etcd member of $NODE_NAME answers" answers "$(own_url)"
  install_configuration
  note_runs_with etcd "${RUNS[@]}"
  remember_endpoints
  say "$NODE_NAME: etcd's member has joined, has all data and votes"
}

# Not of this host: its old entry goes when it is stopped.
remove_unwanted_others() {
  local id
  for id in $(unwanted); do
    if ! own_rows | grep "^$id " >/dev/null; then remove_member "$id"; fi
  done
  ask_others
}

start_etcd() {
  install_file etcd.service /etc/systemd/system/etcd.service 0644
  quietly 30 "reloading systemd" systemctl daemon-reload
  link_tools
  quietly 30 "enabling etcd" systemctl enable etcd
  systemctl reset-failed etcd 2>/dev/null || true
  # Not waited for here: the first start needs a quorum, and the other members may come later.
  systemctl start --no-block etcd
  note_runs_with etcd "${RUNS[@]}"
}

# For a run that finds this member down.
remember_endpoints() {
  if find_cluster "$(own_url)" "${CANDIDATES[@]}" >/dev/null 2>&1; then printf '%s\n' "${ASK[@]}" >"$STATE/etcd-endpoints"; fi
}
