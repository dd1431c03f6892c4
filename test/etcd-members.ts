/** Real etcd members on addresses of loopback, and the scripts of their hosts run for real. Tests only. */
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";

import { etcdConfig, etcdUnit } from "../components/etcd/config";
import { codeOf, commandText, inputText, readScript, type Script } from "../components/host/script";
import { etcdMemberNames } from "../components/pki/names";
import type { ClusterSpec, HostSpec } from "../components/spec/types";
import { run } from "../lab/sh";
import { issue, makeAuthority } from "./certificates";
import { devSpec } from "./fixtures";
import { binary } from "./programs";
import { write, type Judgement } from "./scratch";

const ETCD = join(__dirname, "../components/etcd");
const GATES = readScript(join(__dirname, "../components/host"), "gates.sh");
const PKI = ["ca.crt", "server.crt", "server.key", "peer.crt", "peer.key"];

/** What scripts find on a host; each host has its own below its folder. */
const PLACES = ["/run/kubeadm-ha", "/var/lib/kubeadm-ha", "/etc/etcd", "/etc/systemd", "/etc/kubernetes", "/opt/etcd"];

/** The unit etcd, as the scripts use it; it is not started again when it ends. */
const systemctl = (root: string, health: string) => `#!/bin/bash
exec 9>&-
pid() { cat ${root}/pid 2>/dev/null; }
runs() { [ -n "$(pid)" ] && kill -0 "$(pid)" 2>/dev/null && [ "$(readlink "/proc/$(pid)/exe")" != "" ]; }
ready() { curl -s --max-time 2 ${health} | grep -E '"health":"true"|ALARM' >/dev/null; }
stop() { runs && kill -9 "$(pid)"; while runs; do /bin/sleep 0.05; done; rm -f ${root}/pid; }
start() {
  exe=$(sed -n 's/^ExecStart=\\([^ ]*\\) .*/\\1/p' ${root}/etc/systemd/system/etcd.service)
  GOTRACEBACK=none setsid "$exe" --config-file=${root}/etc/etcd/etcd.yaml </dev/null >${root}/log 2>&1 &
  echo $! >${root}/pid
}
case "$*" in
  "cat etcd") [ -f ${root}/etc/systemd/system/etcd.service ] ;;
  "is-active etcd") if runs && ready; then echo active; else echo activating; fi ;;
  "show -p MainPID --value etcd") pid ;;
  "stop etcd") stop ;;
  "start --no-block etcd") runs || start ;;
  "restart etcd") stop; start; for _ in {1..100}; do ready && exit 0; runs || exit 1; /bin/sleep 0.1; done; exit 1 ;;
  *) true ;;
esac
`;

function partOf(part: string): string {
  return part.endsWith(".sh") ? readScript(ETCD, part) : part;
}

interface Running {
  /** Variables of the script beyond the member's own. */
  variables?: Script["variables"];
  /** The configuration is of this spec instead. */
  spec?: ClusterSpec;
  /** Seconds that anything is waited for, instead of the script's own. */
  patience?: number;
}

export class EtcdMembers {
  readonly spec: ClusterSpec;
  private readonly network = `127.78.${process.pid % 250}.`;

  private constructor(
    private readonly folder: string,
    count: number,
  ) {
    const spec = devSpec();
    const hosts = Array.from({ length: count }, (_, index): HostSpec => {
      const ip = `${this.network}${11 + index}`;
      return { ...spec.hosts[0]!, name: `cp${index + 1}`, ip, sshHost: ip, place: index };
    });
    this.spec = { ...spec, hosts };
  }

  /** Hosts with certificates and programs; no member runs yet. */
  static async make(folder: string, count: number): Promise<EtcdMembers> {
    const members = new EtcdMembers(folder, count);
    const ca = await makeAuthority(folder, "ca");
    const programs = dirname(await binary("etcd", "etcd"));
    for (const host of members.spec.hosts) {
      const root = members.root(host.name);
      mkdirSync(join(root, "keys"), { recursive: true });
      for (const place of ["/run/kubeadm-ha", "/var/lib/kubeadm-ha", "/opt/etcd"])
        mkdirSync(root + place, { recursive: true });
      symlinkSync(programs, join(root, "opt/etcd", members.spec.versions.etcd));
      const names = etcdMemberNames(host);
      const ipAddresses = [...names.ipAddresses, members.loopback(host.name)];
      for (const name of ["server", "peer"]) await issue(join(root, "keys"), name, ca, { ...names, ipAddresses });
      symlinkSync(ca.certificate, join(root, "keys/ca.crt"));
      const health = `http://${members.loopback(host.name)}:2381/health`;
      write(root, "bin/systemctl", systemctl(root, health), 0o755);
      write(root, "bin/journalctl", `#!/bin/sh\ncat ${root}/log\n`, 0o755);
      write(root, "bin/sleep", "#!/bin/sh\nexec /bin/sleep 0.1\n", 0o755);
      symlinkSync(join(programs, "etcdctl"), join(root, "bin/etcdctl"));
    }
    return members;
  }

  get names(): string[] {
    return this.spec.hosts.map(({ name }) => name);
  }

  root(name: string): string {
    return join(this.folder, name);
  }

  data(name: string): string {
    return this.root(name) + this.spec.etcd.dataDir;
  }

  log(name: string): string {
    return readFileSync(join(this.root(name), "log"), "utf8");
  }

  private host(name: string): HostSpec {
    return this.spec.hosts.find((host) => host.name === name)!;
  }

  // Where its metrics are, and what it tells itself: 127.0.0.1 of its own.
  private loopback(name: string): string {
    return `${this.network}${101 + this.host(name).place}`;
  }

  endpoints(names: string[]): string[] {
    return names.map((name) => `https://${this.host(name).ip}:2379`);
  }

  /** Runs scripts of components/etcd on a host, as one; each is `membership.sh`, or a line of bash of the test's own. */
  async run(
    name: string,
    parts: string[],
    { variables = {}, spec = this.spec, patience }: Running = {},
  ): Promise<Judgement> {
    const root = this.root(name);
    const host = this.host(name);
    const script: Script = {
      concern: "etcd-member",
      variables: {
        // What happens once leaves no record.
        ...(parts.at(-1) === "release.sh" && { RESOURCE: `dev-etcd-${name}-member` }),
        NODE_NAME: name,
        NODE_IP: host.ip,
        ETCD_VERSION: spec.versions.etcd,
        ETCD_URL: "",
        ETCD_SHA256_AMD64: "",
        ETCD_SHA256_ARM64: "",
        DATA_DIR: spec.etcd.dataDir,
        BIND_PORT: spec.api.bindPort,
        STANDBY: "no",
        ...variables,
        SECRET_FILES: PKI.map((file) => `/etc/etcd/pki/${file} 0600 root:root`),
      },
      files: [
        { name: "etcd.yaml", content: etcdConfig(spec, host) },
        { name: "etcd.service", content: etcdUnit(spec) },
      ],
      // The last one acts. No user is made on the machine that runs the tests.
      parts: [GATES, ...parts.slice(0, -1).map(partOf), "ensure_user() { :; }", ...parts.slice(-1).map(partOf)],
      limitSeconds: 300,
    };
    const below = (text: string) => this.moved(text, name, patience);
    const code = below(codeOf(script));
    const secrets = PKI.map((file) => readFileSync(join(root, "keys", file), "utf8"));
    const {
      code: exit,
      stdout,
      stderr,
    } = await run("bash", ["-c", below(commandText(script, "root", code))], {
      input: inputText(code, secrets),
      limit: 300,
      anyExit: true,
    });
    return { ok: exit === 0, said: `${stdout}${stderr}`.trim() };
  }

  private moved(text: string, name: string, patience: number | undefined): string {
    const root = this.root(name);
    const hurried =
      patience === undefined
        ? text
        : text.replace(/(wait_until|pass_gates "[^"]*") \d+/g, (_, before: string) => `${before} ${patience}`);
    return [this.spec.etcd.dataDir, ...PLACES]
      .reduce(
        (result, place) => result.replaceAll(new RegExp(`(?<![\\w/.-])${place}(?![\\w-])`, "g"), root + place),
        hurried,
      )
      .replaceAll("PATH=/usr/local/sbin", `PATH=${root}/bin`)
      .replaceAll("/usr/local/bin/etcd", `${root}/bin/etcd`)
      .replaceAll("127.0.0.1", this.loopback(name))
      .replaceAll(/root:etcd|etcd:etcd/g, "root:root")
      .replaceAll(/-g etcd|-o etcd/g, (option) => option.replace("etcd", "root"));
  }

  /** The unit of a host: `stop etcd`. */
  async systemctl(name: string, ...args: string[]): Promise<void> {
    await run(join(this.root(name), "bin/systemctl"), args);
  }

  /** etcdctl on a host, of these members. */
  async ctl(name: string, args: string[], of = [name]): Promise<string> {
    const keys = join(this.root(name), "keys");
    const tls = ["--cacert", `${keys}/ca.crt`, "--cert", `${keys}/server.crt`, "--key", `${keys}/server.key`];
    const endpoints = this.endpoints(of).join(",");
    return (await run(join(this.root(name), "bin/etcdctl"), [...tls, "--endpoints", endpoints, ...args])).stdout.trim();
  }

  /** Makes a member lead. */
  async lead(name: string): Promise<void> {
    const [own, leader] = ["MemberID", "Leader"].map((field) => new RegExp(`"${field}" : (\\d+)`));
    const idOf = async (each: string, id = own!) =>
      id.exec(await this.ctl(each, ["endpoint", "status", "-w", "fields"]))![1]!;
    const leads = await idOf(name, leader);
    const ids = await Promise.all(this.names.map((each) => idOf(each)));
    const target = BigInt(await idOf(name));
    if (leads === String(target)) return;
    await this.ctl(name, ["move-leader", target.toString(16)], [this.names[ids.indexOf(leads)]!]);
  }

  /** What a member says of all: `cp1 started false`: name, state and whether it learns. */
  async rows(name: string): Promise<string[]> {
    const rows = (await this.ctl(name, ["member", "list"])).split("\n").map((row) => row.split(", "));
    return rows.map(([, state, member, , , learner]) => `${member} ${state} ${learner}`).sort();
  }

  async stop(): Promise<void> {
    for (const name of this.names) await this.systemctl(name, "stop", "etcd");
  }
}
