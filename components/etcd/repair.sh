#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# A member with bad data leaves and joins again, so that it gets what the others have. Never on a guess: etcd itself has
# to blame the data, the member must have served with what it runs with now, and the others are a quorum without it.

# etcd's last words of bad data, and words by which the host is to blame: to join again would not help there.
BAD_DATA='^(panic|fatal error): |"level":"(fatal|panic)".*(crc mismatch|data inconsistency|corrupt|database|unmarshal|unexpected EOF|snap: |wal: )'
BAD_HOST='no space left|quota exceeded|permission denied|not permitted|read-only file system|input/output error|already in use|cannot assign requested address|out of memory|cannot allocate memory|too many open files|new OS thread'

journal() { timeout 20 journalctl -u etcd --no-pager -o cat "$@" 2>/dev/null; }

last_words() { journal -n 100 | grep -iE 'error|fatal|panic|invalid|unknown|failed' | tail -n 3 | cut -c1-400 || true; }

# blames_data SINCE: as journalctl takes a time.
blames_data() {
  local said
  said=$(journal --since "$1" -n 5000) || return 1
  grep -E "$BAD_DATA" <<<"$said" && ! grep -E "$BAD_HOST" <<<"$said" >/dev/null
}

own_id() { own_rows | awk 'NR == 1 {print $1}'; }

# etcd raises it when most members agree on other data than this one has.
raises_corrupt() {
  local id
  id=$(own_id)
  [ -n "$id" ] && grep -F "memberID:$(printf '%u' "$((16#$id))") alarm:CORRUPT" < <(ask alarm list)
}

# Of a member whose unit is active: one that ends again and again may be active at the moment.
has_bad_data() {
  find_cluster "${CANDIDATES[@]}" >/dev/null 2>&1 || return 1
  raises_corrupt >"$STAGE/.why" || { unit_active etcd && ! answers "$(own_url)" >/dev/null && blames_data "2 minutes ago" >"$STAGE/.why"; }
}

# replace_data WHY
replace_data() {
  local served=no bad="$NODE_NAME: etcd's data are bad: $1."
  if own_api_is_ready; then served=yes; fi
  # A member that never served has nothing to come back to.
  [ -f "$STAGE/.record" ] || die "$bad Nothing was done, for it was never part of a complete update: remove $DATA_DIR/member there and run the update again"
  find_cluster "${CANDIDATES[@]}" >"$STAGE/.last" || die "$bad Nothing was done: $(cat "$STAGE/.last")"
  enough_without "$(own_id)" >"$STAGE/.last" ||
    die "$bad It stays, for without it $(cat "$STAGE/.last"), which is no quorum: start the others first"
  say "$bad It leaves and joins again with the others' data"
  join_cluster
  clear_alarms_of_the_gone
  pass_gates "after $NODE_NAME has joined etcd again" 90 "${GATES[@]}"
  [ "$served" = no ] || wait_until 60 "the API server of $NODE_NAME is ready again" own_api_is_ready
}

# replace_or_die SINCE: a member that does not come up with what it always ran with.
replace_or_die() {
  # The journal may be a moment behind.
  if try wait_until 3 "etcd blames its data" blames_data "$1" 2>/dev/null; then
    replace_data "$(blames_data "$1" | tail -n 1 | cut -c1-300)"
  else
    die "$NODE_NAME: etcd does not become healthy, with nothing changed, and does not say that its data are why. It said: $(last_words)"
  fi
}
