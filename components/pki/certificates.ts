/** Certificate authorities and the leaves they issue, on @pulumi/tls: ECDSA P-256 throughout. */
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";

import type { CertificateSpec } from "../spec/types";

/** A key and the certificate for it, both PEM. The key is secret. */
export interface KeyPair {
  certificate: pulumi.Output<string>;
  key: pulumi.Output<string>;
}

export interface LeafArgs {
  commonName: string;
  /** Kubernetes reads it as the group. */
  organization?: string;
  dnsNames?: string[];
  ipAddresses?: string[];
  server?: boolean;
  client?: boolean;
}

const KEY_ALGORITHM = { algorithm: "ECDSA", ecdsaCurve: "P256" };

/** A certificate authority of its own key. */
export class Authority extends pulumi.ComponentResource {
  public readonly pair: KeyPair;
  private readonly name: string;
  private readonly lives: CertificateSpec;

  constructor(
    name: string,
    args: { commonName: string; lives: CertificateSpec },
    opts: pulumi.ComponentResourceOptions,
  ) {
    super("kubeadm-ha:pki:Authority", name, {}, opts);
    this.name = name;
    this.lives = args.lives;
    const key = new tls.PrivateKey(`${name}-key`, KEY_ALGORITHM, { parent: this });
    const certificate = new tls.SelfSignedCert(
      `${name}-cert`,
      {
        privateKeyPem: key.privateKeyPem,
        subject: { commonName: args.commonName },
        isCaCertificate: true,
        setSubjectKeyId: true,
        allowedUses: ["cert_signing", "crl_signing", "digital_signature", "key_encipherment"],
        validityPeriodHours: args.lives.caValidityHours,
      },
      { parent: this },
    );
    this.pair = { certificate: certificate.certPem, key: key.privateKeyPem };
    this.registerOutputs({});
  }

  /** A leaf signed by this authority, renewed by `up` once it is inside the early renewal window. */
  issue(name: string, args: LeafArgs): KeyPair {
    const leaf = `${this.name}-${name}`;
    const key = new tls.PrivateKey(`${leaf}-key`, KEY_ALGORITHM, { parent: this });
    const request = new tls.CertRequest(
      `${leaf}-csr`,
      {
        privateKeyPem: key.privateKeyPem,
        subject: { commonName: args.commonName, ...(args.organization && { organization: args.organization }) },
        ...(args.dnsNames && { dnsNames: args.dnsNames }),
        ...(args.ipAddresses && { ipAddresses: args.ipAddresses }),
      },
      { parent: this },
    );
    const certificate = new tls.LocallySignedCert(
      `${leaf}-cert`,
      {
        certRequestPem: request.certRequestPem,
        caPrivateKeyPem: this.pair.key,
        caCertPem: this.pair.certificate,
        allowedUses: [
          "digital_signature",
          "key_encipherment",
          ...(args.server ? ["server_auth"] : []),
          ...(args.client ? ["client_auth"] : []),
        ],
        validityPeriodHours: this.lives.leafValidityHours,
        earlyRenewalHours: this.lives.earlyRenewalHours,
      },
      { parent: this },
    );
    return { certificate: certificate.certPem, key: key.privateKeyPem };
  }
}
