/** The HAProxy of a host: whom it leads where, and where it may lead. */
import type { Hosts } from "./hosts";

/** A client's connection through HAProxy. */
export interface Session {
  id: string;
  /** The client's end, `10.77.0.1:40312`. */
  source: string;
  /** The API server's host. */
  server: string;
}

const BACKEND = "api-servers";

/** The API's sessions of what `show sess` prints. */
export function sessionsOf(shown: string): Session[] {
  const session = new RegExp(`^(0x[0-9a-f]+): .* src=(\\S+) .* be=${BACKEND} srv=(\\S+) `, "gm");
  return [...shown.matchAll(session)].map(([, id, source, server]) => ({ id: id!, source: source!, server: server! }));
}

/** The host with the fewest sessions: new connections go there. */
export function quietest(sessions: Session[], hosts: string[]): string {
  const count = (host: string) => sessions.filter(({ server }) => server === host).length;
  return [...hosts].sort((a, b) => count(a) - count(b))[0]!;
}

export class Proxy {
  constructor(
    private readonly hosts: Hosts,
    readonly host: string,
  ) {}

  async sessions(): Promise<Session[]> {
    return sessionsOf(await this.tell(["show sess"]));
  }

  /** New connections go to none of these servers, or to each again. */
  async drain(servers: string[]): Promise<void> {
    await this.tell(servers.map((server) => `set server ${BACKEND}/${server} state drain`));
  }

  async serve(servers: string[]): Promise<void> {
    await this.tell(servers.map((server) => `set server ${BACKEND}/${server} state ready`));
  }

  async end(sessions: Session[]): Promise<void> {
    await this.tell(sessions.map(({ id }) => `shutdown session ${id}`));
  }

  /**
   * Seconds from the moment in which the API server of a host that was killed just now is ready until HAProxy leads there
   * again; 0 when it never ceased to. Undefined when that does not come within the limit.
   */
  async leadsAgain(server: string, limit: number): Promise<number | undefined> {
    const script = `
      url='https://${this.hosts.address(server)}:6443/readyz?exclude=etcd&exclude=etcd-readiness'
      ready() { curl -fsS -o /dev/null --max-time 1 --cacert /etc/kubernetes/pki/ca.crt "$url" 2>/dev/null; }
      leads() { echo 'show stat' | timeout 2 socat stdio /run/haproxy/admin.sock | grep -q '^${BACKEND},${server},.*,UP'; }
      wait_until() { until "$1"; do [ $SECONDS -lt ${limit} ] || exit 1; sleep 0.1; done; }
      wait_until ready
      from=\${EPOCHREALTIME/./}
      wait_until leads
      echo $((\${EPOCHREALTIME/./} - from))`;
    const said = await this.hosts.tryExec(this.host, script, limit + 5);
    return said === undefined ? undefined : Number(said) / 1e6;
  }

  private tell(commands: string[]): Promise<string> {
    if (commands.length === 0) return Promise.resolve("");
    return this.hosts.exec(this.host, `echo '${commands.join("; ")}' | timeout 5 socat stdio /run/haproxy/admin.sock`);
  }
}
