/** etcd as its own client on a host sees it. */
import type { Hosts } from "./hosts";

const CTL =
  "etcdctl --cacert /etc/etcd/pki/ca.crt --cert /etc/etcd/pki/server.crt --key /etc/etcd/pki/server.key --dial-timeout 2s --command-timeout 5s";

interface MemberStatus {
  Endpoint: string;
  Status: { header: { member_id: number; revision: number }; leader: number };
}

interface MemberHash {
  Endpoint: string;
  HashKV: { hash: number };
}

export class Etcd {
  constructor(private readonly hosts: Hosts) {}

  /** The host that leads, as any member that answers says. */
  async leader(): Promise<string> {
    const statuses = await this.statuses();
    const leading = statuses.find(({ Status }) => Status.leader === Status.header.member_id);
    if (!leading) throw new Error("etcd has no leader");
    return this.hostAt(leading.Endpoint);
  }

  /** A member that does not lead. */
  async follower(): Promise<string> {
    const leader = await this.leader();
    return this.hosts.members.find((host) => host !== leader)!;
  }

  /** Hash of the data at one revision, by host; a member that does not answer is a failure. */
  async hashes(): Promise<Record<string, string>> {
    const statuses = await this.statuses();
    const revision = Math.min(...statuses.map(({ Status }) => Status.header.revision));
    const said = await this.ask(`endpoint hashkv --rev ${revision} -w json`);
    const hashes = (JSON.parse(said) as MemberHash[]).map(
      ({ Endpoint, HashKV }) => [this.hostAt(Endpoint), String(HashKV.hash)] as const,
    );
    return Object.fromEntries(hashes);
  }

  /** Alarms that are raised, one a line. */
  alarms(): Promise<string> {
    return this.ask("alarm list");
  }

  private async statuses(): Promise<MemberStatus[]> {
    return JSON.parse(await this.ask("endpoint status -w json")) as MemberStatus[];
  }

  /** On the first member whose host answers; all members are asked. */
  private async ask(command: string): Promise<string> {
    const { members } = this.hosts;
    const endpoints = members.map((host) => `https://${this.hosts.address(host)}:2379`).join(",");
    for (const host of members) {
      const said = await this.hosts.tryExec(host, `${CTL} --endpoints ${endpoints} ${command}`, 20);
      if (said !== undefined) return said;
    }
    throw new Error(`no etcd member answered: ${command}`);
  }

  private hostAt(endpoint: string): string {
    const { hostname } = new URL(endpoint);
    return this.hosts.members.find((host) => this.hosts.address(host) === hostname) ?? hostname;
  }
}
