/** HAProxy's configuration: TCP to the API servers, judged by their own /readyz. Pure. */
import { apiEndpoint, asksOwnMember, controlPlanes } from "../spec/topology";
import type { ClusterSpec, HostSpec } from "../spec/types";

/** Loopback port that says whether HAProxy itself works; keepalived asks it. */
export const READY_PORT = 9444;
export const READY_URI = "/haproxy_ready";

/** Port of the node address that says whether the etcd member beside the API server runs; every HAProxy asks it. */
export const MEMBER_PORT = 9445;
const MEMBER_URI = "/etcd_member";

/**
 * haproxy.cfg. A dead backend costs a new connection at most `timeout connect`, and its sessions are closed when it
 * is marked down. The etcd part of /readyz is left out: when all API servers wait for etcd, clients can wait too,
 * while a red check everywhere would cut every session. That the member which an API server asks is not running at all
 * is another matter: that one API server can serve nobody.
 */
export function haproxyConfig(spec: ClusterSpec, host: HostSpec): string {
  const { bindPort } = spec.api;
  const { host: vip, port } = apiEndpoint(spec);
  const servers = controlPlanes(spec).map(({ name, ip }) => `    server ${name} ${ip}:${bindPort}`);
  const asksMembers = controlPlanes(spec).some(asksOwnMember);
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
    timeout connect 500ms
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
    monitor-uri ${READY_URI}

${asksMembers ? memberPage(host) : ""}frontend api
    bind ${vip}:${port}
    bind 127.0.0.1:${port}
    default_backend api-servers

backend api-servers
    balance leastconn
    option tcp-check
${asksMembers ? ask(`port ${MEMBER_PORT}`, `GET ${MEMBER_URI} HTTP/1.0`) : ""}${ask("ssl alpn http/1.1", "GET /readyz?exclude=etcd&exclude=etcd-readiness HTTP/1.0")}    default-server inter 1s fastinter 500ms downinter 1s fall 3 rise 2 on-marked-down shutdown-sessions check check-ssl verify required ca-file /etc/haproxy/kubernetes-ca.crt
${servers.join("\n")}
`;
}

/** One question of a check that has several; they go to different ports, which `http-check` cannot do. */
function ask(where: string, request: string): string {
  return `    tcp-check connect ${where}
    tcp-check send "${request}\\r\\n\\r\\n"
    tcp-check expect rstring "^HTTP/1[.][01] 200"
`;
}

/** By etcd's port for metrics, which is plain and on loopback: a check of the others would fill etcd's log. */
function memberPage(host: HostSpec): string {
  const page = `frontend etcd-member
    bind ${host.ip}:${MEMBER_PORT}
    mode http
    timeout client 5s
    monitor-uri ${MEMBER_URI}
`;
  if (!asksOwnMember(host)) return `${page}\n`;
  return `${page}    monitor fail if { nbsrv(own-member) eq 0 }

backend own-member
    server own 127.0.0.1:2381 check inter 500ms fall 2 rise 1

`;
}
