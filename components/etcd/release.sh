#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Brings this etcd member to the wanted version and configuration: gated on every member before and after, leadership
# moved away first, and what does not become healthy gives way to what ran before. One that lost its data, or has bad
# ones, joins anew.
# Input: BIND_PORT (of the API server, where there is one), STANDBY (yes|no: whether the host goes out of service, and
# another member is to lead).

# Nothing when no member runs.
running_version() {
  { readlink "/proc/$(systemctl show -p MainPID --value etcd)/exe" 2>/dev/null || true; } | sed -n 's|^/opt/etcd/\(.*\)/etcd$|\1|p'
}

# etcdctl's word on every member, so that an alarm of any one of them counts.
every_member_is_healthy() {
  find_cluster "${CANDIDATES[@]}" && ask endpoint health 2>&1
}

every_member_votes() {
  find_cluster "${CANDIDATES[@]}" || return 1
  printf '%s\n' "$LIST"
  [ "$(voters)" = "$LIST" ]
}

no_alarm_is_raised() {
  local alarms
  alarms=$(ask alarm list) || return 1
  printf '%s\n' "$alarms"
  [[ $alarms != *CORRUPT* ]] ||
    printf 'Run up with the versions and settings as they were: a corrupt member then gets the data of the others\n'
  [ -z "$alarms" ]
}

GATES=(
  "every etcd member is healthy, so that one may be lost|every_member_is_healthy"
  "every etcd member is started and votes|every_member_votes"
  "no member raises an alarm|no_alarm_is_raised"
)

give_leadership_away() {
  find_cluster "${CANDIDATES[@]}" || die "$NODE_NAME: $(find_cluster "${CANDIDATES[@]}")"
  move_leadership "$NODE_NAME" "$(own_url)"
}

restarted_as_wanted() {
  unit_active etcd && curl -fsS --max-time 2 http://127.0.0.1:2381/health | grep "\"health\":\"true\"" >/dev/null &&
    [ "$(field "$(own_url)" Version)" = "$ETCD_VERSION" ]
}

comes_up() {
  try quietly 120 "restarting etcd" systemctl restart etcd 2>/dev/null &&
    try wait_until 60 "etcd on $NODE_NAME is healthy at $ETCD_VERSION" restarted_as_wanted 2>/dev/null
}

give_up_on() {
  local why path
  why=$(last_words)
  for path in "${RUNS[@]}"; do [ ! -f "$STAGE/old$path" ] || cp -a "$STAGE/old$path" "$path"; done
  systemctl daemon-reload
  systemctl reset-failed etcd 2>/dev/null || true
  quietly 120 "restarting etcd as it was" systemctl restart etcd
  note_runs_with etcd "${RUNS[@]}"
  try wait_until 90 "every member is healthy" every_member_is_healthy || die "$NODE_NAME: etcd is not healthy with its old configuration either. $why"
  restore_record
  die "$NODE_NAME: etcd did not become healthy at $ETCD_VERSION with its new configuration and runs as before; no other member was touched. It said: $why"
}

keep_old() {
  local path
  for path in "${RUNS[@]}"; do
    mkdir -p "$STAGE/old${path%/*}"
    [ ! -f "$path" ] || cp -a "$path" "$STAGE/old$path"
  done
}

refuse_downgrade() {
  local have
  have=$(running_version)
  [ -z "$have" ] || ! older "$ETCD_VERSION" "$have" ||
    die "$NODE_NAME runs etcd $have: going back to $ETCD_VERSION is not supported. Set etcdVersion to $have or newer"
}

# But for what only a first start reads: those lines may go at any time.
as_configured() {
  ! changed "${RUNS[@]}" && cmp -s <(without_first_start "$STAGE/etcd.yaml") <(without_first_start /etc/etcd/etcd.yaml) &&
    cmp -s "$STAGE/etcd.service" /etc/systemd/system/etcd.service && runs_with etcd "${RUNS[@]}"
}

# Whatever is wrong with the member, this run has not brought it.
unchanged() { [ ${#CHANGED[@]} -eq 0 ] && as_configured; }

# A member that is down may still know the others: by its last run, or by the cluster itself.
known_endpoints() {
  own_url && printf '\n'
  cat "$STATE/etcd-endpoints" 2>/dev/null || true
  [ ! -f /etc/kubernetes/admin.conf ] || answers "$(own_url)" >/dev/null || cluster_etcd_endpoints || true
}

restart_as_wanted() {
  local served=no as_before=no began
  refuse_downgrade
  if own_api_is_ready; then served=yes; fi
  if unchanged; then as_before=yes; fi
  # A member that is down cannot pass: its new configuration may be what it needs.
  if unit_active etcd; then
    pass_gates "before restarting etcd on $NODE_NAME" 60 "${GATES[@]}"
    give_leadership_away
  fi
  install_configuration
  systemctl reset-failed etcd 2>/dev/null || true
  began=@$(date +%s)
  if ! comes_up; then
    [ "$as_before" = yes ] || give_up_on
    replace_or_die "$began"
    return 0
  fi
  note_runs_with etcd "${RUNS[@]}"
  link_tools
  pass_gates "after restarting etcd on $NODE_NAME" 90 "${GATES[@]}"
  # It asks this member alone.
  [ "$served" = no ] || wait_until 60 "the API server of $NODE_NAME is ready again" own_api_is_ready
  say "$NODE_NAME: etcd restarted at $ETCD_VERSION"
}

stage_secrets
manages "${RUNS[@]}"
keep_old
ensure_binaries
ensure_folders
install_secrets
mapfile -t CANDIDATES < <(known_endpoints | awk 'NF && !seen[$0]++')
if must_join; then
  join_cluster
elif unchanged && has_bad_data; then
  replace_data "$(tail -n 1 "$STAGE/.why" | cut -c1-300)"
elif as_configured && unit_active etcd; then
  install_configuration
  note_runs_with etcd "${RUNS[@]}"
else
  restart_as_wanted
fi
systemctl is-enabled --quiet etcd || quietly 30 "enabling etcd" systemctl enable etcd
[ "$STANDBY" = no ] || give_leadership_away
remember_endpoints
# Of a run that was cut off.
clear_alarms_of_the_gone
