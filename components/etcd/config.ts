/** A member's configuration file and unit. Pure. */
import { stringify } from "yaml";

import type { ClusterSpec, HostSpec } from "../spec/types";

/** Ports of etcd; 2381 serves metrics and health on loopback without client certificates. */
export const CLIENT_PORT = 2379;
export const PEER_PORT = 2380;
export const HEALTH_PORT = 2381;

/**
 * etcd.yaml: mutual TLS for clients and peers by the etcd CA, listening on the member's own address only.
 * Corruption checks are on, as etcd's data corruption guide asks; their names depend on the minor.
 */
export function etcdConfig(spec: ClusterSpec, member: HostSpec): string {
  const tls = (pair: string) => ({
    "cert-file": `/etc/etcd/pki/${pair}.crt`,
    "key-file": `/etc/etcd/pki/${pair}.key`,
    "trusted-ca-file": "/etc/etcd/pki/ca.crt",
    "client-cert-auth": true,
  });
  const client = `https://${member.ip}:${CLIENT_PORT}`;
  const peer = `https://${member.ip}:${PEER_PORT}`;
  const config: Record<string, unknown> = {
    name: member.name,
    "data-dir": spec.etcd.dataDir,
    "listen-client-urls": `${client},https://127.0.0.1:${CLIENT_PORT}`,
    "advertise-client-urls": client,
    "listen-peer-urls": peer,
    "initial-advertise-peer-urls": peer,
    "listen-metrics-urls": `http://127.0.0.1:${HEALTH_PORT}`,
    // Names no members, so that none has another file when one comes or goes; what a first start needs, start.sh adds.
    "initial-cluster-state": "existing",
    "initial-cluster-token": `kubeadm-ha-${spec.name}`,
    "heartbeat-interval": spec.etcd.heartbeatIntervalMs,
    "election-timeout": spec.etcd.electionTimeoutMs,
    "quota-backend-bytes": spec.etcd.quotaBackendBytes,
    "client-transport-security": tls("server"),
    "peer-transport-security": tls("peer"),
    "tls-min-version": "TLS1.2",
    ...corruptionChecks(spec.versions.etcd),
    ...typed(spec.etcd.extraArgs),
  };
  return `# Written by kubeadm-ha.\n${stringify(config, { lineWidth: 0, sortMapEntries: true })}`;
}

/** The unit: restarted for ever and soon, for an API server waits; never asking for more files than the host allows. */
export function etcdUnit(spec: ClusterSpec): string {
  return `# Written by kubeadm-ha.
[Unit]
Description=etcd for Kubernetes
Documentation=https://etcd.io/docs/
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
User=etcd
Group=etcd
ExecStart=/opt/etcd/${spec.versions.etcd}/etcd --config-file=/etc/etcd/etcd.yaml
Restart=always
RestartSec=500ms
# The first start waits for the other members to come up.
TimeoutStartSec=600
OOMScoreAdjust=-900
NoNewPrivileges=true
ProtectSystem=full
ProtectHome=true
PrivateTmp=true

[Install]
WantedBy=multi-user.target
`;
}

function corruptionChecks(version: string): Record<string, unknown> {
  return version.startsWith("3.5.")
    ? { "experimental-initial-corrupt-check": true, "experimental-compact-hash-check-enabled": true }
    : { "feature-gates": "InitialCorruptCheck=true,CompactHashCheck=true" };
}

/** Flags come as strings; etcd's file wants numbers and booleans as such. */
function typed(flags: Record<string, string>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(flags).map(([name, value]) => {
      if (value === "true" || value === "false") return [name, value === "true"];
      return [name, /^\d+$/.test(value) ? Number(value) : value];
    }),
  );
}
