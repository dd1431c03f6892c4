#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154,SC2153
# Gives every node the labels and taints of the configuration and takes away those that an earlier configuration gave; all
# others are somebody else's. What was given is noted on the node.
# Input: LABELS ("node key=value" …), TAINTS ("node key=value:effect" …), SCHEDULABLE (control planes that are not to have
# kubeadm's taint).

CONTROL_PLANE_TAINT="node-role.kubernetes.io/control-plane:NoSchedule"

admin() { kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout 10s "$@" </dev/null; }

# wanted NODE ENTRY…: what the entries say of the node, one a line.
wanted() {
  local node=$1 entry
  shift
  for entry in "$@"; do
    [ "${entry%% *}" != "$node" ] || printf '%s\n' "${entry#* }"
  done | sort
}

# words "a b": one a line.
words() { tr -s ' ' '\n' <<<"$*" | sed '/^$/d' | sort -u; }

# members "word…" VALUE: `"key":value` of every key=value word, the word's own value in the place of an empty VALUE.
members() {
  local word list=()
  for word in $1; do list+=("\"${word%%=*}\":${2:-\"${word#*=}\"}"); done
  (IFS=, && printf '%s' "${list[*]}")
}

# Keys of labels that were noted and are no longer wanted are taken away.
labels_patch() {
  local gone both
  gone=$(comm -23 <(words "$1" | cut -d= -f1 | sort -u) <(words "$2" | cut -d= -f1 | sort -u))
  both=$(members "$gone" null),$(members "$2" "")
  both=${both#,}
  printf '%s' "${both%,}"
}

# What makes a taint the same one: its key and its effect.
taint_ids() { words "$@" | sed 's/=[^:]*:/:/'; }

# taints_patch NOTED WANTED HAVE: the whole list. HAVE is "key effect value time" a line, and what others gave stays as it is.
taints_patch() {
  local ours key effect value added word have=() list=()
  ours=$(taint_ids "$1" "$2")
  while read -r key effect value added; do
    [ -n "$key" ] || continue
    value=${value#-} added=${added#-}
    word=$key${value:+=$value}:$effect
    if ! grep -qxF "$word" <<<"$2" && grep -qxF "$key:$effect" <<<"$ours"; then continue; fi
    have+=("$word")
    list+=("{\"key\":\"$key\",\"value\":\"$value\",\"effect\":\"$effect\"${added:+,\"timeAdded\":\"$added\"}}")
  done <<<"$3"
  for word in $2; do
    if [[ " ${have[*]} " == *" $word "* ]]; then continue; fi
    key=${word%%[=:]*} value=${word%:*}
    value=${value#"$key"}
    list+=("{\"key\":\"$key\",\"value\":\"${value#=}\",\"effect\":\"${word##*:}\"}")
  done
  (IFS=, && printf '%s' "${list[*]}")
}

note() { if [ -n "$1" ]; then printf '"%s"' "$(tr '\n' ' ' <<<"$1" | sed 's/ *$//')"; else printf null; fi; }

# The taints are one list, so that what others change in the meantime must not be undone.
try_to_give() {
  local node=$1 labels=$2 noted_labels=$3 taints=$4 noted_taints=$5 have version
  # A template, for kubectl.
  # shellcheck disable=SC2016
  have=$(admin get node "$node" -o go-template='{{.metadata.resourceVersion}}
{{range .spec.taints}}{{.key}} {{.effect}} {{or .value "-"}} {{or .timeAdded "-"}}
{{end}}') || return 1
  version=${have%%$'\n'*}
  admin patch node "$node" --type merge -p "{\"metadata\":{\"resourceVersion\":\"$version\",\"labels\":{$(labels_patch "$noted_labels" "$labels")},\"annotations\":{\"kubeadm-ha/labels\":$(note "$labels"),\"kubeadm-ha/taints\":$(note "$taints")}},\"spec\":{\"taints\":[$(taints_patch "$noted_taints" "$taints" "${have#"$version"}")]}}"
}

give() {
  local node=$1 noted_labels=$2 noted_taints=$3 labels taints
  labels=$(wanted "$node" "${LABELS[@]}")
  taints=$(wanted "$node" "${TAINTS[@]}")
  if [[ " ${SCHEDULABLE[*]} " == *" $node "* ]]; then noted_taints+=" $CONTROL_PLANE_TAINT"; fi
  [ -n "$labels$taints$noted_labels$noted_taints" ] || return 0
  wait_until 30 "$node has its labels and taints" try_to_give "$node" "$labels" "$noted_labels" "$taints" "$noted_taints"
  say "$node: labels $(tr '\n' ' ' <<<"${labels:-none}")and taints $(tr '\n' ' ' <<<"${taints:-none}")are the configuration's"
}

nodes=$(admin get nodes -o "jsonpath={range .items[*]}{.metadata.name}|{.metadata.annotations.kubeadm-ha/labels}|{.metadata.annotations.kubeadm-ha/taints}{\"\n\"}{end}")
for entry in "${LABELS[@]}" "${TAINTS[@]}"; do
  grep -q "^${entry%% *}|" <<<"$nodes" || die "there is no node ${entry%% *} to give ${entry#* } to"
done
while IFS='|' read -r node noted_labels noted_taints; do
  give "$node" "$noted_labels" "$noted_taints"
done <<<"$nodes"
