#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Brings a node back that somebody stopped, or whose object somebody deleted: a kubelet registers its node only when it
# starts.
# Input: NODE_NAME, CLUSTER, ROLE, WAIT_READY (yes where the pod network is ours).

# What stands still takes nothing out of service by starting, and need not wait for a turn.
start_what_stands_still() {
  local unit
  for unit in containerd kubelet; do
    systemctl is-enabled --quiet "$unit" || quietly 30 "enabling $unit" systemctl enable "$unit"
    unit_active "$unit" && continue
    say "$NODE_NAME: $unit was not running"
    systemctl reset-failed "$unit" 2>/dev/null || true
    # One that does not start with what it finds gets its settings anew later.
    try quietly 90 "starting $unit" systemctl start "$unit" || true
  done
}

# The cluster may give the node another range of pod addresses: no pod may start with one of the old range, and none can
# until flannel has written the new one.
forget_range() {
  rm -f /run/flannel/subnet.env
  ip link delete cni0 2>/dev/null || true
}

# Labels and taints that kubeadm gives and that a node may not give itself. Those of the configuration come later.
mark_control_plane() {
  quietly 30 "labelling $NODE_NAME" kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout 10s label node "$NODE_NAME" \
    --overwrite node-role.kubernetes.io/control-plane= node.kubernetes.io/exclude-from-external-load-balancers=
  quietly 30 "tainting $NODE_NAME" kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout 10s \
    taint node "$NODE_NAME" --overwrite node-role.kubernetes.io/control-plane:NoSchedule
}

# The cluster has forgotten this node's pods and their addresses: all of them start anew.
restart_pods() {
  # A template, for kubectl.
  # shellcheck disable=SC2016
  node_api get pods --all-namespaces --field-selector "spec.nodeName=$NODE_NAME" -o go-template='
{{- range .items}}{{$kind := "-"}}{{range .metadata.ownerReferences}}{{if .controller}}{{$kind = .kind}}{{end}}{{end -}}
{{$kind}} {{.metadata.namespace}} {{.metadata.name}}
{{end}}' | awk '$1 != "Node" && NF == 3 {print $2, $3}' | while read -r namespace name; do
    quietly 30 "ending $namespace/$name" kubectl --kubeconfig /etc/kubernetes/kubelet.conf --request-timeout 10s \
      -n "$namespace" delete pod "$name" --wait=false --ignore-not-found
  done
}

register_again() {
  say "$NODE_NAME: its node is not in the cluster; registering it again"
  if [ "$WAIT_READY" = yes ]; then forget_range; fi
  quietly 60 "restarting the kubelet" systemctl restart kubelet
  wait_until 90 "the kubelet of $NODE_NAME has registered its node" own_node
  # Only a node with this mark is ever taken out of the cluster.
  quietly 30 "marking $NODE_NAME" kubectl --kubeconfig /etc/kubernetes/kubelet.conf --request-timeout 10s \
    annotate node "$NODE_NAME" --overwrite "kubeadm-ha/cluster=$CLUSTER"
  if [ "$ROLE" = control-plane ]; then mark_control_plane; fi
  [ "$WAIT_READY" = yes ] || return 0
  restart_pods
  wait_until 180 "node $NODE_NAME is Ready again" ready
  wait_until 180 "the network pods of $NODE_NAME are ready" network_pods_ready
}
