/** The questions that a host may leave unanswered, as facts.sh names them. Pure. */

export enum Question {
  Packages = "packages",
  Units = "units",
  /** Of the processes that run, where their program is not their package's. */
  ContainerdVersion = "version-containerd",
  KubeletVersion = "version-kubelet",
  Images = "images",
  /** Whether the clock is. */
  Synchronised = "synchronised",
  /** Of the static pods. */
  Health = "health",
  /** The host's own member. */
  Etcd = "etcd",
  /** The host's own API server: versions and nodes. */
  Api = "api",
  Budgets = "budgets",
  Registered = "registered",
  Interfaces = "interfaces",
  Routes = "routes",
  Listeners = "listeners",
  /** Who answers for the virtual IP. */
  Neighbour = "neighbour",
  Machine = "machine",
  Processors = "processors",
  Disks = "disks",
  /** Whole small files: what the host is, its claim, what scripts left there, live sysctls. */
  Files = "files",
  /** Lines of larger ones: memory, manifests, kubeconfigs, containerd's configuration. */
  Lines = "lines",
  /** Of what scripts left there. */
  Hashes = "hashes",
  Modes = "modes",
  /** Whether packages are to be had. */
  Sources = "sources",
}

/** Whether a host answered all of these. What it did not answer is not known, and never taken for missing. */
export function knows({ unanswered }: { unanswered: Question[] }, ...questions: Question[]): boolean {
  return !questions.some((question) => unanswered.includes(question));
}
