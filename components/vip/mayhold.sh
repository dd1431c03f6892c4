#!/bin/sh
# Whether this control plane may hold the virtual IP: its API server is ready, or nobody's is, as before the first one
# runs. Arguments: what to ask of the API servers, this host's own first.

ready() {
  curl -fsS -o /dev/null --max-time 1 --cacert /etc/keepalived/kubernetes-ca.crt "$1" 2>/dev/null
}

ready "$1" && exit 0
shift
asked=
for url in "$@"; do
  ready "$url" &
  asked="$asked $!"
done
for other in $asked; do
  wait "$other" && exit 1
done
exit 0
