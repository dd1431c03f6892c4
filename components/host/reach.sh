#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Runs a script on hosts, from where Pulumi runs, with OpenSSH's client. A host that does not answer, or is not the one
# that is meant, is skipped with a warning. Needs no more than bash 3.2 and no GNU tools.
# Input: HOSTS ("name address key-type key"), SSH_PORT, SSH_USER, RUN_LIMIT (seconds), SKIPPED (what it means that a host
# was skipped), WITNESSES (addresses of which one answers if this machine's network works; may be empty); standard input:
# the private key in base64 or an empty line for the agent, then what the host gets after a line with its name.
set -euo pipefail
umask 077
export LC_ALL=C

WITNESSES=${WITNESSES:-}
# Seconds for a host to take the login; one that boots is asked again until they are over.
REACH_LIMIT=20
# What the host says before anything else of the script.
REACHED="kubeadm-ha reached the host"

# Pulumi shows what a command that ended well has said only while it runs; what the plug-in says itself, to the end.
warn() {
  printf 'warning: %s\n' "$*" >&2
  { printf '%s\n' "$*" >>"/proc/$PPID/fd/2"; } 2>/dev/null || true
}

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

leave() {
  local code=$?
  trap - EXIT
  # A child that is ended before it has become ssh comes here too, and is not the one to tidy up.
  [ "${BASHPID:-$$}" = "$$" ] || exit "$code"
  [ -z "$SSH" ] || kill "$SSH" 2>/dev/null || true
  rm -rf "$FOLDER"
  exit "$code"
}

command -v ssh >/dev/null || fail "the machine that runs Pulumi has no ssh: install OpenSSH's client (Debian: apt-get install openssh-client), then run this again"
FOLDER=$(mktemp -d "${TMPDIR:-/tmp}/kubeadm-ha.XXXXXX")
SSH=""
trap 'leave' EXIT
trap 'exit 143' TERM INT HUP

OPTIONS=(-F none -T -x -a -p "$SSH_PORT" -l "$SSH_USER" -o BatchMode=yes
  -o UserKnownHostsFile="$FOLDER/known_hosts" -o GlobalKnownHostsFile=/dev/null -o HostKeyAlias=pinned
  -o StrictHostKeyChecking=yes -o CheckHostIP=no -o UpdateHostKeys=no -o PreferredAuthentications=publickey
  -o ControlPath=none -o EscapeChar=none -o ServerAliveInterval=5 -o ServerAliveCountMax=6)

# The key's file is gone as soon as it is open: whoever kills this script leaves none behind.
take_key() {
  local key identity=$FOLDER/key
  IFS= read -r key || fail "the private key did not arrive"
  if [ -z "$key" ]; then
    WITH="the SSH agent"
    OPTIONS+=(-o IdentityFile=none)
    [ -n "${SSH_AUTH_SOCK:-}" ] || fail "SSH_AUTH_SOCK is not set, and there is no ssh.privateKey: start an agent, add the key, and run this again"
    return 0
  fi
  WITH="the configured private key"
  base64 -d <<<"$key" >"$identity"
  exec 7<"$identity"
  if [ -r "/proc/$$/fd/7" ]; then
    rm -f "$identity"
    identity=/proc/$$/fd/7
  fi
  OPTIONS+=(-i "$identity" -o IdentitiesOnly=yes -o IdentityAgent=none)
}

# An RSA key signs by SHA-2 only.
algorithms_of() { if [ "$1" = ssh-rsa ]; then printf 'rsa-sha2-512,rsa-sha2-256'; else printf '%s' "$1"; fi; }

# Passes on what has come from the host since the last time, from the line on by which it says that it was reached. The
# file is read while ssh writes it: a line may come in parts.
relay() {
  local line
  while IFS= read -r line <&6; do
    line=$PART$line
    PART=""
    if [ -n "$IS_REACHED" ]; then
      printf '%s\n' "$line"
    elif [ "$line" = "$REACHED" ]; then
      IS_REACHED=yes
    fi
  done
  PART=$PART$line
}

# attempt NAME ADDRESS TYPE: sets IS_REACHED, and CODE to ssh's, which is the script's where the host was reached.
attempt() {
  local name=$1 address=$2 type=$3 end
  IS_REACHED="" PART="" CODE=0
  end=$((SECONDS + RUN_LIMIT + 60))
  : >"$FOLDER/output"
  : >"$FOLDER/said"
  printf '%s\n%s\n' "$name" "$INPUT" >"$FOLDER/input"
  exec 5<"$FOLDER/input" 6<"$FOLDER/output"
  rm "$FOLDER/input"
  ssh "${OPTIONS[@]}" -o HostKeyAlgorithms="$(algorithms_of "$type")" -o ConnectTimeout=5 -- "$address" "$REMOTE" \
    <&5 >"$FOLDER/output" 2>"$FOLDER/said" &
  SSH=$!
  while kill -0 "$SSH" 2>/dev/null; do
    relay
    if { [ -z "$IS_REACHED" ] && [ "$SECONDS" -ge "$DEADLINE" ]; } || [ "$SECONDS" -ge "$end" ]; then
      kill "$SSH" 2>/dev/null || true
    fi
    sleep 0.2
  done
  wait "$SSH" || CODE=$?
  SSH=""
  relay
  [ -z "$IS_REACHED" ] || [ -z "$PART" ] || printf '%s\n' "$PART"
  exec 5<&- 6<&-
}

# ssh's last words, which name the reason, as one line.
said() { tr -cs '[:print:]' ' ' <"$FOLDER/said" | sed 's/^ *//; s/ *$//' | tail -c 300; }

# Whether ssh answers on one of the other hosts; nobody is asked where none is named.
network_works() {
  [ -n "$WITNESSES" ] || return 0
  # shellcheck disable=SC2086
  [ -n "$(ssh-keyscan -T 5 -p "$SSH_PORT" $WITNESSES 2>/dev/null)" ]
}

skip() { warn "$1, so $SKIPPED"; }

# judge NAME ADDRESS: what became of a host that was not reached. Returns 1 where another try may help.
judge() {
  local name=$1 address=$2 reason
  reason=$(said)
  # An attempt that the end of the time cut off says nothing.
  REASON=${reason:-${REASON:-no answer}}
  case $reason in
    *"Host key verification failed"* | *"no matching host key type"*)
      skip "$name ($address) shows another SSH host key than the pinned one: it is not the machine that was meant"
      return 0
      ;;
    *"Permission denied ("* | *"Too many authentication failures"*)
      fail "$name ($address) refuses the login as $SSH_USER with $WITH: have it accept that key (~/.ssh/authorized_keys there), or switch the host off if it is gone for good, and run this again. It said: $reason"
      ;;
  esac
  if [ "$SECONDS" -lt "$((DEADLINE - 1))" ]; then return 1; fi
  if [ -z "${KUBEADM_HA_ALL_GONE:-}" ] && ! network_works; then
    fail "neither $name ($address) nor any other host of its cluster answers ($REASON): check this machine's network, a VPN for example, and run this again. If all of them are gone for good, run it with KUBEADM_HA_ALL_GONE=yes in the environment"
  fi
  skip "$name ($address) did not answer within $REACH_LIMIT s ($REASON)"
}

# visit NAME ADDRESS TYPE KEY
visit() {
  local name=$1 address=$2
  printf 'pinned %s %s\n' "$3" "$4" >"$FOLDER/known_hosts"
  DEADLINE=$((SECONDS + REACH_LIMIT)) REASON=""
  while true; do
    attempt "$name" "$address" "$3"
    if [ -n "$IS_REACHED" ]; then break; fi
    if judge "$name" "$address"; then return 0; fi
    sleep 1
  done
  case $CODE in
    0) return 0 ;;
    143 | 255) fail "the connection to $name ($address) broke while the script ran there ($(said)): run this again" ;;
    124 | 137) fail "the script on $name was ended after $RUN_LIMIT s: see above how far it came, and run this again" ;;
    *) fail "the script on $name failed with exit code $CODE, see above: put that right, and run this again" ;;
  esac
}

take_key
INPUT=$(cat)
exec </dev/null
SUDO=""
if [ "$SSH_USER" != root ]; then SUDO="sudo -n "; fi
# For the login shell. The text of the script is one line of its standard input, and what the script reads follows.
REMOTE="echo '$REACHED'; exec 2>&1; ${SUDO}timeout -k 15 $RUN_LIMIT bash --norc -c 'IFS= read -r NODE_NAME && IFS= read -r text && eval \"\$(base64 -d <<<\"\$text\")\"'"
# shellcheck disable=SC2153
for HOST in "${HOSTS[@]}"; do
  # Four words, none of which holds a blank.
  # shellcheck disable=SC2086
  visit $HOST
done
