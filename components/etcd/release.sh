#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Brings this etcd member to the wanted version and configuration: gated on every member before and after, leadership
# moved away first, and what does not become healthy gives way to what ran before.

all_endpoints() { (IFS=, && printf '%s' "${ENDPOINTS[*]}"); }

own_endpoint() { printf 'https://%s:2379' "$NODE_IP"; }

running_version() { readlink "/proc/$(systemctl show -p MainPID --value etcd)/exe" 2>/dev/null | sed -n 's|^/opt/etcd/\(.*\)/etcd$|\1|p'; }

every_member_is_healthy() { ctl --endpoints "$(all_endpoints)" endpoint health 2>&1; }

every_member_votes() {
  local voting
  voting=$(ctl --endpoints "$(all_endpoints)" member list | awk -F', ' '$2 == "started" && $6 == "false" {print $3}' | sort)
  printf 'started and voting: %s\n' "$(tr '\n' ' ' <<<"$voting")"
  [ "$voting" = "$(printf '%s\n' "${MEMBERS[@]}" | sort)" ]
}

no_alarm_is_raised() {
  local alarms
  alarms=$(ctl --endpoints "$(all_endpoints)" alarm list) || return 1
  printf '%s\n' "$alarms"
  [ -z "$alarms" ]
}

GATES=(
  "every etcd member is healthy, so that one may be lost|every_member_is_healthy"
  "the members are those of the configuration, all started and voting|every_member_votes"
  "no member raises an alarm|no_alarm_is_raised"
)

field() { ctl --endpoints "$(own_endpoint)" endpoint status -w fields | sed -n "s/^\"$1\" : \"\{0,1\}\([^\"]*\)\"\{0,1\}$/\1/p"; }

is_leader() { [ "$(field MemberID)" = "$(field Leader)" ]; }

not_leader() { ! is_leader; }

# To the last member of the chain, which keeps it until its own turn: at most two moves for all members.
move_leadership() {
  local heir=${MEMBERS[-1]} id
  [ ${#MEMBERS[@]} -gt 1 ] && is_leader || return 0
  if [ "$heir" = "$NODE_NAME" ]; then heir=${MEMBERS[0]}; fi
  id=$(ctl --endpoints "$(all_endpoints)" member list | awk -F', ' -v name="$heir" '$3 == name {print $1}')
  quietly 30 "moving etcd's leadership to $heir" "/opt/etcd/$ETCD_VERSION/etcdctl" --cacert /etc/etcd/pki/ca.crt \
    --cert /etc/etcd/pki/server.crt --key /etc/etcd/pki/server.key --endpoints "$(own_endpoint)" move-leader "$id"
  wait_until 15 "etcd's leader is another than $NODE_NAME" not_leader
  say "$NODE_NAME: etcd's leadership moved to $heir"
}

restarted_as_wanted() {
  unit_active etcd && curl -fsS --max-time 2 http://127.0.0.1:2381/health | grep "\"health\":\"true\"" >/dev/null &&
    [ "$(field Version)" = "$ETCD_VERSION" ]
}

give_up_on() {
  local why path
  why=$(journalctl -u etcd -n 100 --no-pager -o cat 2>/dev/null | grep -iE 'error|fatal|panic|invalid|unknown|failed' | tail -n 3 | cut -c1-400)
  for path in "${RUNS[@]}"; do cp -a "$STAGE/old$path" "$path"; done
  systemctl daemon-reload
  systemctl reset-failed etcd 2>/dev/null || true
  quietly 120 "restarting etcd as it was" systemctl restart etcd
  note_runs_with etcd "${RUNS[@]}"
  try wait_until 90 "every member is healthy" every_member_is_healthy || die "$NODE_NAME: etcd is not healthy with its old configuration either. $why"
  die "$NODE_NAME: etcd did not become healthy at $ETCD_VERSION with its new configuration and runs as before; no other member was touched. It said: $why"
}

keep_old() {
  local path
  for path in "${RUNS[@]}"; do
    mkdir -p "$STAGE/old${path%/*}"
    cp -a "$path" "$STAGE/old$path"
  done
}

refuse_downgrade() {
  local have
  have=$(running_version)
  [ -z "$have" ] || ! older "$ETCD_VERSION" "$have" ||
    die "$NODE_NAME runs etcd $have: going back to $ETCD_VERSION is not supported. Set etcdVersion to $have or newer"
}

as_configured() {
  cmp -s "$STAGE/etcd.yaml" /etc/etcd/etcd.yaml && cmp -s "$STAGE/etcd.service" /etc/systemd/system/etcd.service &&
    runs_with etcd "${RUNS[@]}" && unit_active etcd
}

stage_secrets
keep_old
ensure_binaries
ensure_folders
install_secrets
if ! as_configured; then
  refuse_downgrade
  # A member that is down cannot pass: its new configuration may be what it needs.
  if unit_active etcd; then
    pass_gates "before restarting etcd on $NODE_NAME" 60 "${GATES[@]}"
    move_leadership
  fi
  install_configuration
  systemctl reset-failed etcd 2>/dev/null || true
  try quietly 120 "restarting etcd" systemctl restart etcd 2>/dev/null || give_up_on
  try wait_until 60 "etcd on $NODE_NAME is healthy at $ETCD_VERSION" restarted_as_wanted 2>/dev/null || give_up_on
  note_runs_with etcd "${RUNS[@]}"
  link_tools
  pass_gates "after restarting etcd on $NODE_NAME" 90 "${GATES[@]}"
  say "$NODE_NAME: etcd restarted at $ETCD_VERSION"
fi
