import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { hostsWith } from "./cases/case";
import { configNode, type SchemaNode } from "./describe";
import { configWith, fakeFiles, testArchiveKey, testPrivateKey, validConfig, type RawConfig } from "./fixture";
import { parseSpec } from "./parse";
import type { PlainSpec } from "./plain";
import { patterns } from "./schema/patterns";

const files = fakeFiles({ id: testPrivateKey, asc: testArchiveKey });

const sections = parse(`
    clusterName: prod
    containerdVersion: 2.2.9
    cniPluginsVersion: 1.7.1
    allowNonHa: false
    observe: true
    skipChecks: [swap-off]
    api: { by: haproxy, vip: 192.0.2.10, vipPrefix: 24, port: 8443, bindPort: 6443, routerId: 51, dnsName: api.example, extraSans: [a.example] }
    network: { podCidr: 10.200.0.0/16, serviceCidr: 10.32.0.0/16, dnsDomain: cluster.local, plugin: flannel, flannelVersion: v0.28.4 }
    ssh: { user: ops, port: 22, agent: true, privateKeyFile: id }
    mirror:
      apt: [{ name: a, url: "https://packages.example/apt", suite: stable, components: [main], keyFile: asc }]
      registries: { registry.k8s.io: "http://192.0.2.5:5000/registry.k8s.io" }
      etcdUrl: http://192.0.2.5/etcd-v{version}-{arch}.tar.gz
      etcdSha256: { 3.6.16-amd64: ${"a".repeat(64)} }
    etcd: { dataDir: /var/lib/etcd-kubernetes, heartbeatIntervalMs: 100, electionTimeoutMs: 1000, quotaBackendBytes: 8589934592, extraArgs: { max-request-bytes: "3145728" } }
    apiServer: { extraArgs: { goaway-chance: "0.001" } }
    controllerManager: { extraArgs: { profiling: "false" } }
    scheduler: { extraArgs: { profiling: "false" } }
    kubelet: { maxPods: 200, evictionHard: { memory.available: 100Mi }, featureGates: { KubeletInUserNamespace: true } }
    kubeProxy: { mode: nftables, conntrack: { min: 0 } }
    kubeadm: { ignorePreflightErrors: [NumCPU], dnsImageTag: v1.14.7, imageRepository: registry.k8s.io }
    containerd: { plugins: { io.containerd.cri.v1.runtime: { restrict_oom_score_adj: true } } }
    certificates: { caValidityHours: 87600, leafValidityHours: 8760, earlyRenewalHours: 2160 }
    rollout: { maxUnavailable: 25%, drain: { timeoutSeconds: 300, gracePeriodSeconds: 60, onBlocked: skip, deleteEmptyDirData: false } }
  `) as RawConfig;

const ownFields = { schedulable: true, kubelet: { maxPods: 50, systemReserved: { memory: "1Gi" } } };

/** The valid configuration with every section present, so that a mutation can hit any of them; a fresh copy. */
const fullConfig = (): RawConfig => structuredClone({ ...validConfig(), ...hostsWith(0, ownFields), ...sections });

type Path = (string | number)[];

/** Path of every value in a tree, the inner ones too. */
function pathsIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  const entries: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [...(path.length > 0 ? [path] : []), ...entries.flatMap(([key, item]) => pathsIn(item, [...path, key]))];
}

function replaceAt(tree: unknown, path: Path, change: (old: unknown) => unknown): unknown {
  const [head, ...rest] = path;
  if (head === undefined) return change(tree);
  const copy = (Array.isArray(tree) ? [...(tree as unknown[])] : { ...(tree as object) }) as Record<
    string | number,
    unknown
  >;
  copy[head] = replaceAt(copy[head], rest, change);
  if (copy[head] === undefined) delete copy[head];
  return copy;
}

const nasty = fc.constantFrom(
  "'",
  '"',
  "\n",
  "\r",
  "\0",
  "`",
  "$(reboot)",
  "${x}",
  ";",
  "&",
  "|",
  "<",
  ">",
  "\\",
  " ",
  "(",
  "*",
  "?",
  "#",
  "!",
  "~",
  "{",
  "[",
);

const mutation = fc.oneof(
  fc.constant(() => undefined as unknown),
  fc.constant((old: unknown) => [old] as unknown),
  fc.constant((old: unknown) => ({ old }) as unknown),
  fc.constant((old: unknown) => String(old) as unknown),
  fc.jsonValue().map((value) => () => value as unknown),
  fc.tuple(nasty, fc.nat(20)).map(([text, at]) => (old: unknown) => {
    const whole = String(old);
    return (whole.slice(0, at) + text + whole.slice(at)) as unknown;
  }),
);

const mutated = fc
  .tuple(fc.constantFrom(...pathsIn(fullConfig())), mutation)
  .map(([path, change]) => replaceAt(fullConfig(), path, change) as RawConfig);

const RUNS = { numRuns: 1500 };

test("the configuration that is mutated is itself accepted", () => {
  const result = parseSpec(fullConfig(), files, "test");
  assert.deepEqual("problems" in result ? result.problems : [], []);
});

test("the mutated configuration has a value for every key of the schema", () => {
  const optional = new Set([
    "sshHost",
    "vipInterface",
    "loadBalancer",
    "labels",
    "taints",
    "state",
    "privateKey",
    "knownHosts",
    "key",
    "etcdSha256File",
  ]);
  const missing: string[] = [];
  const walk = (node: SchemaNode, value: unknown, path: string) => {
    for (const [name, child] of Object.entries(node.properties ?? {})) {
      const inner = (value as Record<string, unknown> | undefined)?.[name];
      if (inner === undefined && !optional.has(name)) missing.push(`${path}.${name}`);
      if (inner !== undefined)
        walk(child.items ?? child, Array.isArray(inner) ? (inner as unknown[])[0] : inner, `${path}.${name}`);
    }
  };
  walk(configNode(), fullConfig(), "");
  assert.deepEqual(missing, []);
});

test("one mutation never crashes, and what it breaks is told in full", () => {
  fc.assert(
    fc.property(mutated, (raw) => {
      const result = parseSpec(raw, files, "test");
      for (const problem of "problems" in result ? result.problems : []) {
        assert.ok(
          problem.key.length > 0 && problem.reason.length > 0 && problem.fix.length > 0,
          JSON.stringify(problem),
        );
        assert.ok(
          !/[\n\r\0]/.test(problem.key + problem.value + problem.reason + problem.fix),
          JSON.stringify(problem),
        );
      }
    }),
    RUNS,
  );
});

test("the same input gives the same answer", () => {
  fc.assert(
    fc.property(mutated, (raw) => {
      const copy = structuredClone(raw);
      assert.deepEqual(parseSpec(raw, files, "test"), parseSpec(copy, files, "test"));
      assert.deepEqual(raw, copy);
    }),
    { numRuns: 300 },
  );
});

/** Values that never reach a script as text of their own: keys and archive keys go by file. */
const byFile = (path: Path) => path.join(".") === "ssh.privateKey" || /^mirror\.apt\.\d+\.key$/.test(path.join("."));

function scriptWords(spec: PlainSpec): [Path, string][] {
  const at = (path: Path) =>
    path.reduce<unknown>((value, key) => (value as Record<string | number, unknown>)[key], spec);
  const values = pathsIn(spec).flatMap((path): [Path, string][] => {
    const value = at(path);
    const keys = path.filter((part) => typeof part === "string").map((part): [Path, string] => [path, part]);
    return typeof value === "string" && !byFile(path) ? [...keys, [path, value]] : keys;
  });
  return values;
}

test("no value that is accepted holds a quote, a line break or anything a shell would act on", () => {
  let accepted = 0;
  fc.assert(
    fc.property(mutated, (raw) => {
      const result = parseSpec(raw, files, "test");
      if ("problems" in result) return;
      accepted += 1;
      for (const [path, text] of scriptWords(result.spec)) {
        // The two named exceptions: placeholders of the archive's URL, and the suite that hosts resolve.
        const plain = text.replace(/\{version\}|\{arch\}/g, "").replace(/^\$codename$/, "");
        const isHostKey = path.at(-1) === "hostKey";
        assert.match(isHostKey ? plain.replace(" ", "") : plain, /^[A-Za-z0-9._,:=/@%+~-]*$/, path.join("."));
      }
    }),
    RUNS,
  );
  assert.ok(accepted > 50, `only ${accepted} mutations were accepted, too few to mean anything`);
});

test("every kind of nasty character is refused in every kind of value", () => {
  const paths = pathsIn(fullConfig()).filter((path) => {
    const value = path.reduce<unknown>((tree, key) => (tree as Record<string | number, unknown>)[key], fullConfig());
    return typeof value === "string" && !/hostKey|File$/.test(String(path.at(-1)));
  });
  assert.ok(paths.length > 40);
  for (const path of paths) {
    for (const text of ["'", '"', "\n", "`", "$(x)", ";", "|", "&", "<", "\\", "\0"]) {
      const raw = replaceAt(fullConfig(), path, (old) => `${String(old)}${text}`) as RawConfig;
      assert.ok("problems" in parseSpec(raw, files, "test"), `${path.join(".")} took ${JSON.stringify(text)}`);
    }
  }
});

const letter = fc.constantFrom(..."abz019-");
const label = fc.string({ unit: letter, minLength: 0, maxLength: 66 });

// RFC 1123 by hand: labels of 1–63, no hyphen at an end, 63 in all (a node's name is a label value), no bare number last.
function isHostName(text: string): boolean {
  const labels = text.split(".");
  const fine = (each: string) => each.length >= 1 && each.length <= 63 && !each.startsWith("-") && !each.endsWith("-");
  const last = labels.at(-1) ?? "";
  return text.length <= 63 && labels.every(fine) && [...last].some((character) => !/[0-9]/.test(character));
}

test("host names are those of RFC 1123", () => {
  const names = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));
  fc.assert(
    fc.property(names, (name) => assert.equal(patterns.hostName.test(name), isHostName(name), name)),
    { numRuns: 3000 },
  );
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (name) => {
      if (patterns.hostName.test(name)) assert.match(name, /^[a-z0-9.-]+$/);
    }),
  );
});

test("an IPv4 address is what the pattern and the parser both call one", () => {
  fc.assert(fc.property(fc.ipV4(), (address) => assert.ok(patterns.ipv4.test(address))));
  for (const text of ["256.0.0.1", "01.0.0.1", "1.2.3", "1.2.3.4.5", "1.2.3.4\n"])
    assert.ok(!patterns.ipv4.test(text), text);
});

test("VIP, pod and service networks that are accepted never meet", () => {
  const cidr = fc
    .tuple(fc.constantFrom(10, 172, 192), fc.nat(40), fc.integer({ min: 12, max: 22 }))
    .map(([first, second, prefix]) => `${first}.${second}.0.0/${prefix}`);
  fc.assert(
    fc.property(cidr, cidr, (podCidr, serviceCidr) => {
      const result = parseSpec(configWith({ network: { podCidr, serviceCidr } }), files, "test");
      if ("problems" in result) return;
      const range = (text: string) => {
        const [address = "", prefix = ""] = text.split("/");
        const start = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
        return [start, start + 2 ** (32 - Number(prefix))] as const;
      };
      const [pods, services, nodes] = [range(podCidr), range(serviceCidr), range("192.0.2.0/24")];
      for (const [a, b] of [
        [pods, services],
        [pods, nodes],
        [services, nodes],
      ] as const) {
        assert.ok(a[1] <= b[0] || b[1] <= a[0], `${podCidr} ${serviceCidr}`);
      }
    }),
    { numRuns: 500 },
  );
});
