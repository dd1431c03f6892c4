#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# What an etcd member is made of: user, binaries, folders, files.
# Input: NODE_NAME, NODE_IP, ETCD_VERSION, ETCD_URL, ETCD_SHA256_AMD64, ETCD_SHA256_ARM64, DATA_DIR;
# files: etcd.yaml, etcd.service; secret files: the member's certificates.

# The tools of another version may be those that are linked.
# shellcheck disable=SC2034
ETCDCTL=/opt/etcd/$ETCD_VERSION/etcdctl

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
}

link_tools() {
  ln -sfn "/opt/etcd/$ETCD_VERSION/etcdctl" /usr/local/bin/etcdctl
  ln -sfn "/opt/etcd/$ETCD_VERSION/etcdutl" /usr/local/bin/etcdutl
}

# What a running member has read: certificates are read anew at every connection, the CA is not.
# shellcheck disable=SC2034
RUNS=(/etc/etcd/etcd.yaml /etc/systemd/system/etcd.service /etc/etcd/pki/ca.crt)

ensure_folders() {
  install -d -m 0750 -o root -g etcd /etc/etcd /etc/etcd/pki
  install -d -m 0700 -o etcd -g etcd "$DATA_DIR"
}

install_configuration() {
  install_file etcd.yaml /etc/etcd/etcd.yaml 0640 root:etcd
  install_file etcd.service /etc/systemd/system/etcd.service 0644
  quietly 30 "reloading systemd" systemctl daemon-reload
}
