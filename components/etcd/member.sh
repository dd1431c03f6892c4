#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Makes this host a running etcd member. A restart of a running member waits for its turn and for healthy peers.
# Input: NODE_NAME, NODE_IP, ETCD_VERSION, ETCD_URL, ETCD_SHA256_AMD64, ETCD_SHA256_ARM64, DATA_DIR, ENDPOINTS
# (https://ip:2379 …); files: etcd.yaml, etcd.service; secret files: the member's certificates.

ensure_user() {
  if ! id -u etcd >/dev/null 2>&1; then
    useradd --system --user-group --no-create-home --home-dir "$DATA_DIR" --shell /usr/sbin/nologin etcd
    printf 'etcd\n' >>"$STATE/users"
  fi
}

ensure_binaries() {
  local home=/opt/etcd/$ETCD_VERSION url=$ETCD_URL arch sum
  case $(uname -m) in
    x86_64) arch=amd64 sum=$ETCD_SHA256_AMD64 ;;
    aarch64) arch=arm64 sum=$ETCD_SHA256_ARM64 ;;
    *) die "no etcd for $(uname -m)" ;;
  esac
  if [ ! -x "$home/etcdutl" ]; then
    [ -n "$sum" ] || die "$NODE_NAME is $arch, but no SHA-256 is configured for etcd $ETCD_VERSION on it: set mirror.etcdSha256"
    url=${url//\{version\}/$ETCD_VERSION}
    url=${url//\{arch\}/$arch}
    quietly 300 "fetching $url" curl -fsSL --retry 3 --max-time 280 -o "$STAGE/etcd.tar.gz" "$url"
    sha256sum --status -c <<<"$sum  $STAGE/etcd.tar.gz" || die "$url has the SHA-256 $(sha256sum <"$STAGE/etcd.tar.gz" | cut -c1-64), wanted $sum"
    install -d -m 0755 /opt/etcd "$STAGE/unpacked"
    quietly 60 "unpacking etcd" tar -xzf "$STAGE/etcd.tar.gz" -C "$STAGE/unpacked" --strip-components=1 --no-same-owner
    rm -rf "$home.new"
    install -d -m 0755 "$home.new"
    install -m 0755 "$STAGE/unpacked/etcd" "$STAGE/unpacked/etcdctl" "$STAGE/unpacked/etcdutl" "$home.new/"
    rm -rf "$home"
    mv "$home.new" "$home"
  fi
  [ "$("$home/etcd" --version | awk 'NR == 1 {print $3}')" = "$ETCD_VERSION" ] || die "$home/etcd says $("$home/etcd" --version | head -n 1), wanted $ETCD_VERSION"
  ln -sfn "$home/etcdctl" /usr/local/bin/etcdctl
  ln -sfn "$home/etcdutl" /usr/local/bin/etcdutl
}

ctl() {
  timeout -k 5 20 "/opt/etcd/$ETCD_VERSION/etcdctl" --cacert /etc/etcd/pki/ca.crt --cert /etc/etcd/pki/server.crt \
    --key /etc/etcd/pki/server.key --dial-timeout 3s --command-timeout 5s "$@" </dev/null
}

other_endpoints() {
  local endpoint list=()
  for endpoint in "${ENDPOINTS[@]}"; do
    [ "$endpoint" = "https://$NODE_IP:2379" ] || list+=("$endpoint")
  done
  (IFS=, && printf '%s' "${list[*]}")
}

# An empty data directory although the cluster was once whole: this member lost its data. Starting it as new would
# make it vote with an empty log. While the first members still come up, the mark is not there.
refuse_lost_data() {
  local others
  [ ! -d "$DATA_DIR/member" ] || return 0
  others=$(other_endpoints)
  [ -n "$others" ] || return 0
  if ctl --endpoints "$others" get kubeadm-ha/bootstrapped --print-value-only 2>/dev/null | grep -q yes; then
    die "the etcd cluster of $NODE_NAME is already bootstrapped, but $DATA_DIR is empty: the member's data is lost." \
      "Remove the member and add it again as a learner; it must not start as a new one"
  fi
}

# One member at a time, and only while every other one is healthy; the turn is a lock kept in etcd itself.
restart_in_turn() {
  local others
  others=$(other_endpoints)
  if [ -z "$others" ]; then
    quietly 120 "restarting etcd" systemctl restart etcd
  else
    declare -f ctl own_turn >"$STAGE/turn"
    printf '%s\n' own_turn >>"$STAGE/turn"
    timeout -k 10 400 env ETCD_VERSION="$ETCD_VERSION" PEER_ENDPOINTS="$others" etcdctl --cacert /etc/etcd/pki/ca.crt \
      --cert /etc/etcd/pki/server.crt --key /etc/etcd/pki/server.key --dial-timeout 3s --endpoints "$others" \
      lock --ttl=30 -- kubeadm-ha/restart bash -e "$STAGE/turn" </dev/null >"$STAGE/restart" 2>&1 ||
      die "$NODE_NAME: etcd was not restarted, or did not come back healthy: $(tail -c 400 "$STAGE/restart" | tr '\n' ' ')"
  fi
  say "$NODE_NAME: etcd restarted with what changed: ${CHANGED[*]}"
}

# Runs under the lock.
own_turn() {
  local tries
  ctl --endpoints "$PEER_ENDPOINTS" endpoint health
  timeout 120 systemctl restart etcd
  for tries in {1..60}; do
    if curl -fsS --max-time 1 http://127.0.0.1:2381/health | grep -q '"health":"true"'; then return 0; fi
    sleep 0.5
  done
  echo "not healthy after $tries tries"
  return 1
}

ensure_running() {
  if unit_active etcd; then
    # Certificates are read anew at every connection; only the CA, the file and the unit need a restart.
    if changed /etc/etcd/etcd.yaml /etc/systemd/system/etcd.service /etc/etcd/pki/ca.crt; then restart_in_turn; fi
    return 0
  fi
  refuse_lost_data
  systemctl reset-failed etcd 2>/dev/null || true
  # Not waited for here: the first start needs a quorum, and the other members may come later.
  systemctl start --no-block etcd
}

stage_secrets
ensure_user
ensure_binaries
install -d -m 0750 -o root -g etcd /etc/etcd
install -d -m 0750 -o root -g etcd /etc/etcd/pki
install -d -m 0700 -o etcd -g etcd "$DATA_DIR"
chown etcd:etcd "$DATA_DIR"
chmod 0700 "$DATA_DIR"
install_secrets
install_file etcd.yaml /etc/etcd/etcd.yaml 0640 root:etcd
install_file etcd.service /etc/systemd/system/etcd.service 0644
if changed /etc/systemd/system/etcd.service; then systemctl daemon-reload; fi
systemctl is-enabled --quiet etcd || quietly 30 "enabling etcd" systemctl enable etcd
ensure_running
