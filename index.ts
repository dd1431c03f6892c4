/** A highly available Kubernetes cluster: the table of contents. */
import "./components/stacks";

import { Addons } from "./components/addons/addons";
import { ControlPlane } from "./components/controlplane/controlplane";
import { EtcdCluster } from "./components/etcd/etcd";
import { Hosts } from "./components/host/hosts";
import { nodeTable } from "./components/host/table";
import { Pki } from "./components/pki/pki";
import { readSpec } from "./components/spec/read";
import { comparedWithLast, recordAfter } from "./components/spec/record";
import { VirtualIp } from "./components/vip/vip";
import { Workers } from "./components/worker/workers";

export = async () => {
  const spec = await comparedWithLast(readSpec());

  const pki = new Pki(spec.name, { spec });
  const hosts = new Hosts(spec.name, { spec, clusterCa: pki.clusterCa });
  const etcd = new EtcdCluster(spec.name, { spec, hosts, pki });
  const vip = new VirtualIp(spec.name, { spec, hosts, pki });
  const controlPlane = new ControlPlane(spec.name, { spec, hosts, pki, etcd, vip });
  const workers = new Workers(spec.name, { spec, hosts, pki, controlPlane });
  const addons = new Addons(spec.name, { spec, hosts, pki, controlPlane, workers });

  const applied = recordAfter(addons.upToDate, spec);
  return { endpoint: vip.endpoint, kubeconfig: pki.adminKubeconfig, nodes: nodeTable(spec), applied };
};
