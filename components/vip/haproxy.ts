/** HAProxy's configuration: TCP to the API servers, judged by their own /readyz. Pure. */
import { controlPlanes } from "../spec/topology";
import type { ClusterSpec } from "../spec/types";

/** Loopback port that says whether HAProxy itself works; keepalived asks it. */
export const READY_PORT = 9444;

/**
 * haproxy.cfg. A dead backend costs a new connection at most `timeout connect`, and its sessions are closed when it
 * is marked down. The etcd part of /readyz is left out: when all API servers wait for etcd, clients can wait too,
 * while a red check everywhere would cut every session.
 */
export function haproxyConfig(spec: ClusterSpec): string {
  const { vip, port, bindPort } = spec.api;
  const servers = controlPlanes(spec).map((host) => `    server ${host.name} ${host.ip}:${bindPort}`);
  return `# Written by kubeadm-ha.
global
    log /dev/log local0 notice
    user haproxy
    group haproxy
    stats socket /run/haproxy/admin.sock mode 600 level admin
    # Bounds old processes that hold long sessions after a reload.
    hard-stop-after 4h
    # Each session is two descriptors; the default asks for more than some hosts allow.
    maxconn 8000

defaults
    log global
    mode tcp
    option dontlognull
    option tcpka
    option redispatch 1
    retries 3
    timeout connect 1s
    timeout client 4h
    timeout server 4h
    timeout tunnel 4h
    timeout client-fin 10s
    timeout server-fin 10s
    timeout check 2s

frontend ready
    bind 127.0.0.1:${READY_PORT}
    mode http
    timeout client 5s
    monitor-uri /haproxy_ready

frontend api
    bind ${vip}:${port}
    bind 127.0.0.1:${port}
    default_backend api-servers

backend api-servers
    balance leastconn
    option httpchk
    http-check connect ssl alpn http/1.1
    http-check send meth GET uri "/readyz?exclude=etcd&exclude=etcd-readiness" ver HTTP/1.1 hdr Host kubernetes
    http-check expect status 200
    default-server inter 2s fastinter 1s downinter 1s fall 3 rise 2 on-marked-down shutdown-sessions check check-ssl verify required ca-file /etc/haproxy/kubernetes-ca.crt
${servers.join("\n")}
`;
}
