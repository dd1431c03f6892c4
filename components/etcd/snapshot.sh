#!/usr/bin/env bash
# shellcheck shell=bash disable=SC2154
# Saves etcd's data before versions change, proves that the file is whole, and keeps the last three.
# Input: KUBERNETES_VERSION, ETCD_VERSION.

FOLDER=$STATE/snapshots

save() {
  local file
  file=$FOLDER/before-$KUBERNETES_VERSION-etcd-$ETCD_VERSION-$(date -u +%Y%m%dT%H%M%SZ).db
  install -d -m 0700 "$FOLDER"
  quietly 300 "saving a snapshot of etcd" etcdctl --cacert /etc/etcd/pki/ca.crt --cert /etc/etcd/pki/server.crt \
    --key /etc/etcd/pki/server.key --endpoints https://127.0.0.1:2379 snapshot save "$file.part"
  quietly 120 "checking the snapshot" etcdutl snapshot status "$file.part"
  mv "$file.part" "$file"
  rm -f "$FOLDER"/*.part
  find "$FOLDER" -name '*.db' -printf '%T@ %p\n' | sort -rn | tail -n +4 | cut -d' ' -f2- | xargs -r rm -f
  say "$(hostname): etcd's data is saved in $file"
}

save
