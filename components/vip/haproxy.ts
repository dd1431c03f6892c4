/** HAProxy's configuration: TCP to the API servers, judged by their own /readyz. Pure. */
import { apiEndpoint, asksOwnMember, controlPlanes } from "../spec/topology";
import type { ClusterSpec, HostSpec } from "../spec/types";

/** Loopback port that says whether HAProxy itself works; keepalived asks it. */
export const READY_PORT = 9444;
export const READY_URI = "/haproxy_ready";

/** Port of the node address with the pages on the etcd member beside the API server. */
export const MEMBER_PORT = 9445;
/** Whether the API server can have an etcd; every HAProxy asks it. */
const MEMBER_URI = "/etcd_member";
/** Whether the member serves, whatever the others do; from this the other control planes' HAProxies judge their own. */
const HEALTH_URI = "/etcd_health";

/**
 * haproxy.cfg. A dead backend costs a new connection at most `timeout connect`, and its sessions are closed when it
 * is marked down. The etcd part of /readyz is left out: when all API servers wait for etcd, clients can wait too,
 * while a red check everywhere would cut every session. An API server whose own member does not serve while that of
 * another does can serve nobody, and is taken out.
 */
export function haproxyConfig(spec: ClusterSpec, host: HostSpec): string {
  const { bindPort } = spec.api;
  const { host: vip, port } = apiEndpoint(spec);
  const servers = controlPlanes(spec).map(({ name, ip }) => `    server ${name} ${ip}:${bindPort}`);
  const members = controlPlanes(spec).filter(asksOwnMember);
  const asksMembers = members.length > 0;
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

${asksMembers ? memberPages(host, members) : ""}frontend api
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

/**
 * An API server is out when its own member does not serve (`steady`) while another one does (`quick`, there); when none
 * does, all stay. A member is asked for a read that a majority agrees on, by etcd's port for metrics: a check of the
 * others would fill its log. Without a majority such a read hangs for up to 2 s, until the member knows that it has no
 * leader, and fails at once from then on. A full store is everybody's, and serves reads.
 *
 * Some know of a loss before others do, and in that moment nobody is to go out. So `quick` goes bad by the first failure:
 * 2 s after a majority is lost, everybody knows that of all. `steady` waits for four, 1.5 s at the least, and the checks
 * of the API servers need another second. When it is over, `steady` is good first. Measured with three members of etcd
 * 3.6: one that is cut off has its API server out after 3.8–4.6 s, one that hangs after 7.4 s, and during an election or
 * without a majority none is.
 */
function memberPages(host: HostSpec, members: HostSpec[]): string {
  const others = members.filter(({ name }) => name !== host.name);
  const hasPages = asksOwnMember(host) && others.length > 0;
  const frontend = `frontend etcd-member
    bind ${host.ip}:${MEMBER_PORT}
    mode http
    timeout client 5s
    monitor-uri ${MEMBER_URI}
`;
  return hasPages ? `${frontend}${judgement}${checkedMembers(others)}` : `${frontend}\n`;
}

const judgement = `    monitor fail if !{ srv_is_up(own-member/steady) } { nbsrv(other-members) gt 0 }
    http-request return status 200 if { path ${HEALTH_URI} } { srv_is_up(own-member/quick) }
    http-request return status 503
`;

function checkedMembers(others: HostSpec[]): string {
  const pages = others.map(({ name, ip }) => `    server ${name} ${ip}:${MEMBER_PORT} check inter 500ms fall 1 rise 1`);
  return `
backend own-member
    timeout check 1s
    option httpchk GET /health?exclude=NOSPACE
    http-check expect status 200
    server quick 127.0.0.1:2381 check inter 500ms fall 1 rise 2
    server steady 127.0.0.1:2381 check inter 500ms fall 4 rise 1

backend other-members
    timeout check 1s
    option httpchk GET ${HEALTH_URI}
    http-check expect status 200
${pages.join("\n")}

`;
}
