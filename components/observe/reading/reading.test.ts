/** From what programs print to facts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readFacts } from ".";
import { Question } from "../questions";
import { ASKED, documentOf, linesOf, tableOf } from "./fixture";

const factsOf = (answers: Record<string, string | Buffer>) => readFacts(documentOf(answers), ASKED);

test("a host that answers nothing has empty facts", () => {
  const facts = factsOf({});
  assert.deepEqual([facts.units, facts.interfaces, facts.disks, facts.kubelet, facts.cgroup], [{}, [], [], "", 0]);
  assert.deepEqual([facts.etcd, facts.cluster, facts.registered, facts.clock.synchronised], Array(4).fill(undefined));
});

test("what is no document is refused", () => {
  const documents = [
    '{"epochMs":1,"answers":{}}',
    '{"epochMs":-1,"unanswered":[],"answers":{}}',
    '{"epochMs":1,"unanswered":["weather"],"answers":{}}',
    '{"epochMs":1,"unanswered":[],"answers":{"a":"?"}}',
  ];
  for (const text of ["", "Welcome", "[]", "{}", ...documents]) assert.throws(() => readFacts(text, ASKED), text);
});

test("what was told of an unanswered question before it was cut off is not believed", () => {
  const hash = "0".repeat(64);
  const answers = {
    packages: "ii  curl 8.14.1-2\n",
    files: linesOf({ "/var/lib/kubeadm-ha/files/a": [`cp1-vip ${hash} 644 root:root /etc/a`] }),
    hashes: `${hash}  /etc/a\0`,
    modes: "",
    "etcd-status": '{"header":{"member_id":"1"},"version":"3.5.21"}',
    "api-version": '{"gitVersion":"v1.35.4"}',
    nodes: tableOf(["Name"], [["cp1"]]),
  };
  const all = factsOf(answers);
  assert.deepEqual([all.unanswered, all.files[0]?.state, all.etcd?.version], [[], "missing", "3.5.21"]);
  assert.deepEqual([all.packages, all.cluster?.nodes.length], [{ curl: "8.14.1-2" }, 1]);
  const unanswered = [Question.Packages, Question.Modes, Question.Etcd, Question.Api];
  const facts = readFacts(documentOf(answers, 0, unanswered), ASKED);
  assert.deepEqual([facts.unanswered, facts.packages, facts.files], [unanswered, {}, []]);
  assert.deepEqual([facts.etcd, facts.cluster], [undefined, undefined]);
});

test("every answer may be rubbish", () => {
  const rubbish = Buffer.from(Array.from({ length: 2048 }, (_, index) => (index * 7) % 256));
  const names =
    "api-ready api-version budgets certificates cordoned disks etcd-alarms etcd-health etcd-members etcd-status files hashes health images installed interfaces lines listeners machine modes neighbour nodes packages pods-1 probes processors registered routes shell sources-error synchronised units unavailable vip";
  const facts = factsOf(Object.fromEntries(names.split(" ").map((name) => [name, rubbish])));
  assert.deepEqual([facts.etcd, facts.cluster, facts.interfaces], [undefined, undefined, []]);
});

test("listeners are told by address, port and process", () => {
  const listeners = [
    'LISTEN 0 4096 127.0.0.1:2379 0.0.0.0:* users:(("etcd",pid=114,fd=8))',
    'LISTEN 0 128 127.0.0.53%lo:53 0.0.0.0:* users:(("systemd-resolve",pid=1,fd=1))',
    "LISTEN 0 128 [::]:22 [::]:*",
    'LISTEN 0 4096 *:6443 *:* users:(("kube-apiserver",pid=5,fd=3),("x",pid=6,fd=3))',
    "nonsense",
  ].join("\n");
  assert.deepEqual(factsOf({ listeners }).listeners, [
    { port: 2379, address: "127.0.0.1", process: "etcd" },
    { port: 53, address: "127.0.0.53", process: "systemd-resolve" },
    { port: 22, address: "::", process: "" },
    { port: 6443, address: "::", process: "kube-apiserver" },
  ]);
});

test("probes that were not decided in time have timed out", () => {
  const probes = "192.0.2.12:2379 open\n";
  assert.deepEqual(
    factsOf({ probes }).probes.map(({ result }) => result),
    ["open", "timeout"],
  );
  const words = [
    "bash: connect: Connection refused",
    "bash: connect: No route to host",
    "bash: connect: Connection timed out",
  ];
  const results = words.map((word) => factsOf({ probes: `192.0.2.12:2379 ${word}\n` }).probes[0]!.result);
  assert.deepEqual(results, ["refused", "unreachable", "timeout"]);
});

test("the virtual IP is held, answered by somebody, or by nobody", () => {
  const held = JSON.stringify([
    {
      ifname: "eth0",
      flags: ["UP"],
      link_type: "ether",
      address: "52:54:00:AA:00:01",
      addr_info: [{ family: "inet", local: ASKED.vip, prefixlen: 24 }],
    },
  ]);
  const known = (state: string) => `${ASKED.vip} dev eth0 lladdr 52:54:00:AA:00:02 ${state}\n`;
  const refused = "192.0.2.10:8443 connect: Connection refused\n";
  assert.deepEqual(
    [
      factsOf({ interfaces: held, neighbour: known("REACHABLE") }),
      factsOf({ neighbour: known("REACHABLE") }),
      factsOf({ neighbour: known("DELAY"), vip: refused }),
      // Remembered, and gone.
      factsOf({ neighbour: known("DELAY") }),
      factsOf({ neighbour: `${ASKED.vip} dev eth0 FAILED` }),
    ].map(({ holdsVip, vipAnsweredBy }) => [holdsVip, vipAnsweredBy]),
    [
      [true, ""],
      [false, "52:54:00:aa:00:02"],
      [false, "52:54:00:aa:00:02"],
      [false, ""],
      [false, ""],
    ],
  );
  assert.equal(factsOf({ interfaces: held }).interfaces[0]!.mac, "52:54:00:aa:00:01");
});

test("packages count when they are installed, whatever somebody wants of them", () => {
  const packages =
    "hi  kubelet 1.35.4-1.1\nii  curl 8.14.1-2\nun  containerd \nrc  docker.io 20.10\nrH  runc 1.1.5\niU  kubeadm 1.35.4-1.1\n";
  const facts = factsOf({ packages });
  assert.deepEqual(facts.packages, { kubelet: "1.35.4-1.1", curl: "8.14.1-2" });
  assert.deepEqual(facts.holds, ["kubelet"]);
});

test("a version is the package's while its program is the installed one, and the program's own otherwise", () => {
  const packages = "hi  kubelet 1.36.3-1.1\nhi  containerd.io 2.2.9-1~debian.13~trixie\n";
  const installed = factsOf({ packages, installed: "containerd\nkubelet\n" });
  assert.deepEqual([installed.containerd, installed.kubelet], ["2.2.9", "v1.36.3"]);
  const replaced = factsOf({
    packages,
    "version-kubelet": "Kubernetes v1.35.4\n",
    "version-containerd": "containerd github.com/containerd/containerd/v2 v2.2.8 0123abcd\n",
  });
  assert.deepEqual([replaced.containerd, replaced.kubelet], ["2.2.8", "v1.35.4"]);
  const stopped = factsOf({ packages });
  assert.deepEqual([stopped.containerd, stopped.kubelet], ["", ""]);
  assert.equal(factsOf({ packages: "ii  containerd 1.7.24~ds1-6+b4", installed: "containerd" }).containerd, "1.7.24");
});

test("units that exist are told; ufw's unit runs where the firewall is off", () => {
  const unit = (id: string, load: string, active: string) =>
    `MainPID=0\nId=${id}.service\nLoadState=${load}\nActiveState=${active}\nUnitFileState=enabled\n`;
  const units = [
    unit("etcd", "loaded", "failed"),
    unit("kubelet", "not-found", "inactive"),
    unit("ufw", "loaded", "active"),
  ].join("\n");
  const facts = factsOf({ units });
  assert.deepEqual([facts.units, facts.firewalls], [{ etcd: { active: "failed", enabled: "enabled" } }, []]);
  assert.deepEqual(factsOf({ units, files: linesOf({ "/etc/ufw/ufw.conf": ["ENABLED=yes"] }) }).firewalls, ["ufw"]);
});

test("a unit that waits to be started again is failing, one that starts for the first time is not", () => {
  const unit = (id: string, sub: string) =>
    `Id=${id}.service\nLoadState=loaded\nActiveState=activating\nSubState=${sub}\nUnitFileState=enabled\n`;
  const units = [unit("etcd", "start"), unit("kubelet", "auto-restart"), unit("haproxy", "auto-restart-queued")];
  const read = factsOf({ units: units.join("\n") }).units;
  assert.deepEqual(
    ["etcd", "kubelet", "haproxy"].map((name) => read[name]?.active),
    ["activating", "failing", "failing"],
  );
});

test("images are told by name, pinned or not", () => {
  const images = [
    "REF TYPE DIGEST SIZE PLATFORMS LABELS",
    "registry.k8s.io/pause:3.10.1 application/x sha256:1 1 KiB linux/amd64 io.cri-containerd.image=managed,io.cri-containerd.pinned=pinned",
    "docker.io/library/busybox:1 application/x sha256:2 1 MiB linux/amd64 io.cri-containerd.image=managed",
    "sha256:2 application/x sha256:2 1 MiB linux/amd64 io.cri-containerd.image=managed",
  ].join("\n");
  assert.deepEqual(factsOf({ images }).images, [
    { name: "registry.k8s.io/pause:3.10.1", pinned: true },
    { name: "docker.io/library/busybox:1", pinned: false },
  ]);
});

test("a static pod has its manifest's image and its endpoint's health", () => {
  const lines = linesOf({
    "/etc/kubernetes/manifests/kube-apiserver.yaml": ["    image: registry.k8s.io/kube-apiserver:v1.35.4"],
    "/etc/kubernetes/manifests/kube-scheduler.yaml": ['  - image: "registry.k8s.io/kube-scheduler:v1.35.4"'],
    "/etc/containerd/config.toml": ["    sandbox_image = 'registry.k8s.io/pause:3.10'"],
  });
  const health =
    "500 https://192.0.2.11:6443/readyz\n200 https://127.0.0.1:10259/healthz\n000 https://127.0.0.1:10257/healthz\n";
  const facts = factsOf({ lines, health });
  assert.deepEqual(facts.staticPods, [
    { component: "kube-apiserver", image: "registry.k8s.io/kube-apiserver:v1.35.4", healthy: false },
    { component: "kube-scheduler", image: "registry.k8s.io/kube-scheduler:v1.35.4", healthy: true },
  ]);
  assert.equal(facts.sandboxImage, "registry.k8s.io/pause:3.10");
  // Where anonymous requests are off, the administrator's answer counts.
  assert.equal(factsOf({ lines, "api-ready": "ok" }).staticPods[0]!.healthy, true);
});

test("a member tells its cluster, all ids hexadecimal as etcdctl has them", () => {
  const facts = factsOf({
    "etcd-status":
      '{"header":{"member_id":"6045128564569862467"},"version":"3.5.21","dbSize":"47","leader":"9831936590825764257","dbSizeInUse":"16"}',
    "etcd-members":
      '{"members":[{"ID":"6045128564569862467","name":"cp1","peerURLs":["https://192.0.2.11:2380"]},{"ID":"1","peerURLs":["https://192.0.2.12:2380"],"isLearner":true}]}',
    "etcd-alarms": '{"alarms":[{"memberID":"6045128564569862467","alarm":"NOSPACE"}]}',
    "etcd-health": '{"health":"false","reason":"ALARM NOSPACE"}',
    lines: linesOf({ "/etc/etcd/etcd.yaml": ["quota-backend-bytes: 8589934592"] }),
  });
  assert.deepEqual(facts.etcd, {
    version: "3.5.21",
    memberId: "53e49c66a8c0f143",
    leaderId: "88720e3cce55b5a1",
    healthy: false,
    databaseBytes: 47,
    databaseInUseBytes: 16,
    quotaBytes: 8589934592,
    members: [
      { id: "53e49c66a8c0f143", name: "cp1", peerUrls: ["https://192.0.2.11:2380"], learner: false },
      { id: "1", name: "", peerUrls: ["https://192.0.2.12:2380"], learner: true },
    ],
    alarms: ["NOSPACE 53e49c66a8c0f143"],
  });
});

test("the API server tells its nodes and the budgets that let no pod go", () => {
  const columns = ["Name", "Status", "Roles", "Age", "Version", "Internal-IP", "Container-Runtime"];
  const row = (name: string, status: string, roles: string) => [
    name,
    status,
    roles,
    "1h",
    "v1.35.4",
    "192.0.2.21",
    "containerd://2.2.9",
  ];
  const nodes = tableOf(columns, [
    row("cp1", "Ready", "control-plane"),
    row("w1", "NotReady,SchedulingDisabled", "<none>"),
  ]);
  const marked = { metadata: { name: "w1", annotations: { "kubeadm-ha/cordoned": "yes" } } };
  const { cluster } = factsOf({
    nodes,
    "api-version": '{"gitVersion":"v1.35.4"}',
    cordoned: tableOf(columns, [row("w1", "NotReady,SchedulingDisabled", "<none>")], [marked]),
    budgets: "shop db\nshop web\n",
    "pods-1": tableOf(
      ["Name", "Node"],
      [
        ["db-0", "w2"],
        ["db-1", "w1"],
        ["db-2", "w1"],
        ["db-3", "<none>"],
      ],
    ),
  });
  const common = { ip: "192.0.2.21", kubeletVersion: "v1.35.4", runtimeVersion: "containerd://2.2.9" };
  assert.deepEqual(cluster, {
    version: "v1.35.4",
    nodes: [
      { ...common, name: "cp1", ready: true, unschedulable: false, cordonedByUs: false, controlPlane: true },
      { ...common, name: "w1", ready: false, unschedulable: true, cordonedByUs: true, controlPlane: false },
    ],
    blockedBudgets: [
      { namespace: "shop", name: "db", nodes: ["w1", "w2"] },
      { namespace: "shop", name: "web", nodes: [] },
    ],
  });
});

test("an API server that refuses tells nothing", () => {
  const refusal = '{"kind":"Status","apiVersion":"v1","status":"Failure","code":403}';
  assert.equal(factsOf({ nodes: refusal, "api-version": '{"gitVersion":"v1.35.4"}' }).cluster, undefined);
  assert.deepEqual(
    ["200", "404", "403", "000", ""].map((registered) => factsOf({ registered }).registered),
    [true, false, undefined, undefined, undefined],
  );
});
