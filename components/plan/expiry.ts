/** What ends when: the certificates that hosts hold, the earliest of each kind. Pure. */
import { parseCertificates } from "../observe/certificates";
import type { HostFacts } from "../observe/facts";
import { allFacts, factsOf, type PlanInput } from "./input";
import type { Expiry } from "./types";

const DAY = 86_400_000;
const HOUR = 3_600_000;

/** The kubelet renews it by itself. */
const KUBELET_CLIENT = "kubelet client certificate";

/** By the end of a path; the first that fits. */
const KINDS: [RegExp, string][] = [
  [/etcd.*\/ca\.crt$/, "etcd CA"],
  [/front-proxy-ca\.crt$/, "front-proxy CA"],
  [/ca\.crt$/, "cluster CA"],
  [/apiserver-kubelet-client\.crt$/, "API server's client certificate for kubelets"],
  [/apiserver-etcd-client\.crt$/, "API server's client certificate for etcd"],
  [/apiserver\.crt$/, "API server certificate"],
  [/front-proxy-client\.crt$/, "front-proxy client certificate"],
  [/etcd.*\/peer\.crt$/, "etcd peer certificate"],
  [/etcd.*\/server\.crt$/, "etcd server certificate"],
  [/kubelet-client-current\.pem$/, KUBELET_CLIENT],
  [/kubelet[^/]*\.(crt|pem)$/, "kubelet serving certificate"],
  [/admin\.conf$/, "admin kubeconfig"],
  [/controller-manager\.conf$/, "controller manager kubeconfig"],
  [/scheduler\.conf$/, "scheduler kubeconfig"],
];

interface Ending {
  what: string;
  host: string;
  when: number;
}

/** The earliest of every kind, the first to end first; hosts whose certificate ends on the same day are named together. */
export function expiries(input: PlanInput): Expiry[] {
  return earliestByKind(allFacts(input).flatMap(endings), input);
}

/** What ends first on a host. */
export function firstExpiry(input: PlanInput, host: string): Expiry | undefined {
  const facts = factsOf(input, host);
  return facts && earliestByKind(endings(facts), input)[0];
}

function endings({ name, certificates }: HostFacts): Ending[] {
  return parseCertificates(certificates).map(({ path, notAfter }) => {
    return { what: kindOf(path), host: name, when: notAfter.getTime() };
  });
}

function earliestByKind(all: Ending[], input: PlanInput): Expiry[] {
  const kinds = [...new Set(all.map(({ what }) => what))];
  return kinds
    .map((what) => {
      const ofKind = all.filter((ending) => ending.what === what);
      const first = Math.min(...ofKind.map(({ when }) => when));
      const hosts = ofKind.filter(({ when }) => when - first < DAY).map(({ host }) => host);
      const left = first - input.now.getTime();
      return {
        what,
        hosts: [...new Set(hosts)],
        when: new Date(first).toISOString(),
        days: Math.floor(left / DAY),
        due: what !== KUBELET_CLIENT && left < input.spec.certificates.earlyRenewalHours * HOUR,
      };
    })
    .sort((a, b) => (a.when < b.when ? -1 : Number(a.when > b.when)));
}

function kindOf(path: string): string {
  return KINDS.find(([pattern]) => pattern.test(path))?.[1] ?? path;
}
