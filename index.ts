/** A highly available Kubernetes cluster: the table of contents. */
import "./components/stacks";

import { Addons } from "./components/addons/addons";
import { ControlPlane } from "./components/controlplane/controlplane";
import { Departure } from "./components/controlplane/departure";
import { EtcdCluster } from "./components/etcd/etcd";
import { Hosts } from "./components/host/hosts";
import { nodeTable } from "./components/host/table";
import { Pki } from "./components/pki/pki";
import { openLedger } from "./components/host/remote";
import { assertNone, assertPossible, examine } from "./components/observe/checks";
import { historyOf } from "./components/observe/history";
import { foreignHosts, mayBeLost } from "./components/observe/identity";
import { observe } from "./components/observe/observe";
import { asFound } from "./components/observe/replaced";
import { makePlan } from "./components/plan/plan";
import { showPlan } from "./components/plan/show";
import { readSpec } from "./components/spec/read";
import { lastUpdate, recordAfter, settledBy } from "./components/spec/record";
import { VirtualIp } from "./components/vip/vip";
import { Workers } from "./components/worker/workers";

export = async () => {
  const last = await lastUpdate();
  const wanted = settledBy(last, readSpec(last.applied));
  const observations = wanted.observe ? await observe(wanted) : undefined;
  const spec = asFound(wanted, observations);
  const { problems, warnings } = examine(spec, observations, last.applied);
  if (!mayBeLost(observations)) assertNone(problems);

  const pki = new Pki(spec.name, { spec });
  assertNone([...(await foreignHosts(pki.clusterCa, observations)), ...problems]);
  const ledger = openLedger(historyOf(spec, last, observations));
  const hosts = new Hosts(spec.name, { spec, clusterCa: pki.clusterCa });
  const vip = new VirtualIp(spec.name, { spec, hosts, pki });
  const departure = new Departure(spec.name, { spec, hosts, vip });
  const etcd = new EtcdCluster(spec.name, { spec, hosts, pki, before: departure.done });
  const controlPlane = new ControlPlane(spec.name, { spec, hosts, pki, etcd, vip });
  const workers = new Workers(spec.name, { spec, hosts, pki, controlPlane });
  const addons = new Addons(spec.name, { spec, hosts, pki, controlPlane, workers });

  const commands = [...ledger.declared];
  assertPossible({ spec, applied: last.applied, commands }, observations);
  await showPlan(makePlan({ spec, applied: last.applied, observations, commands, warnings, now: new Date() }));

  const applied = recordAfter(addons.upToDate, spec, ledger.record);
  return { endpoint: vip.endpoint, kubeconfig: pki.adminKubeconfig, nodes: nodeTable(spec), applied };
};
