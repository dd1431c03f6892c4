/** A stack without an engine: what the CLI answers to the tool. For tests. */
import type { Export, PreviewStep, State } from "./checkpoint";
import { PRIVATE_KEY, SELF_SIGNED } from "./seeds";
import type { Cli, CliOptions, CliResult } from "./stack";

const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const prefix = "urn:pulumi:prod::kubeadm-ha::";

export const stackUrn = `${prefix}pulumi:pulumi:Stack::kubeadm-ha-prod`;
const pki = `${prefix}kubeadm-ha:pki:Pki::prod`;

/** What the preview of an empty stack says of the resources that matter. */
export function emptyPreview(): PreviewStep[] {
  const component = (urn: string, parent?: string): State => ({
    urn,
    custom: false,
    type: urn.split("::")[2]!,
    ...(parent && { parent }),
  });
  const resource = (parent: string, type: string, name: string, inputs: Record<string, unknown>): State => ({
    urn: `${parent.slice(0, parent.lastIndexOf("::"))}$${type}::${name}`,
    custom: true,
    type,
    parent,
    inputs,
    provider: `${prefix}pulumi:providers:${type.split(":")[0]}::default_5_6_1::${UNKNOWN}`,
  });
  const authorities = ["kubernetes", "etcd", "front-proxy"].flatMap((name) => {
    const urn = `${prefix}kubeadm-ha:pki:Pki$kubeadm-ha:pki:Authority::prod-${name}`;
    const key = resource(urn, PRIVATE_KEY, `prod-${name}-key`, { algorithm: "ECDSA", ecdsaCurve: "P256" });
    const inputs = { privateKeyPem: UNKNOWN, subject: { commonName: name }, isCaCertificate: true };
    return [
      { ...component(urn, pki), type: "kubeadm-ha:pki:Authority" },
      resource(urn, SELF_SIGNED, `prod-${name}-cert`, inputs),
      key,
    ];
  });
  const states = [
    component(stackUrn),
    ...authorities,
    component(pki, stackUrn),
    resource(pki, PRIVATE_KEY, "prod-service-account", { algorithm: "ECDSA", ecdsaCurve: "P256" }),
  ];
  return states.map((newState) => ({ op: "create", urn: newState.urn, newState }));
}

/** Keeps a deployment, and every call with what it got. */
export class SimulatedStack implements Cli {
  readonly root = "/nowhere";
  readonly calls: { args: string[]; options: CliOptions | undefined }[] = [];
  /** What the preview of the seeded stack says. */
  seededPreview: PreviewStep[] = [];

  constructor(
    public state: Export,
    private readonly config: Record<string, string>,
  ) {}

  run = (args: string[], options?: CliOptions): Promise<CliResult> => {
    this.calls.push({ args, options });
    return Promise.resolve({ code: 0, stdout: this.answer(args, options), stderr: "" });
  };

  private answer(args: string[], options?: CliOptions): string {
    const command = args.slice(0, 2).join(" ");
    if (command === "stack export") return JSON.stringify(this.state);
    if (command === "stack import") this.state = JSON.parse(options!.input!) as Export;
    if (args[0] === "refresh") this.state.deployment!.secrets_providers = { type: "passphrase" };
    if (args[0] === "config")
      return JSON.stringify(Object.fromEntries(Object.entries(this.config).map(([key, value]) => [key, { value }])));
    if (args[0] !== "preview") return "";
    return `Warning: a line before\n${JSON.stringify({ steps: options?.env?.["KUBEADM_HA_ADOPT"] ? emptyPreview() : this.seededPreview })}`;
  }
}
