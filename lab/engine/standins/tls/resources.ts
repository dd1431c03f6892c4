/** The resource types of the tls stand-in. */
import { createPublicKey } from "node:crypto";
import { bridged, type Bridged } from "../wire/bridged";
import type { CheckFailure, ResourceType } from "../wire/provider";
import { plain, unmark, type Props, type Value } from "../wire/values";
import { createCertificate, createRequest, readAuthority, readRequest, type Extensions } from "./certificates";
import { algorithmOf, CURVES, generateKey, keyOutputs, parsePrivateKey } from "./keys";
import { alternativeNames, distinguishedName, type Subject } from "./names";
import { KNOWN_USES } from "./usages";

const HOUR_MS = 3_600_000;
const ALGORITHMS = ["RSA", "ECDSA", "ED25519"];
const NAMES = ["subject", "dnsNames", "ipAddresses", "uris"];
const VALIDITY = ["certPem", "validityStartTime", "validityEndTime", "maxPathLength"];
const CERTIFICATE_INPUTS = [
  "allowedUses",
  "validityPeriodHours",
  "earlyRenewalHours",
  "isCaCertificate",
  "maxPathLength",
  "setSubjectKeyId",
];

/** An unknown value is no problem yet. */
function oneOf(property: string, value: Value | undefined, allowed: string[]): CheckFailure[] {
  const text = plain(value);
  if (text === undefined || allowed.includes(text as string)) return [];
  const values = allowed.map((item) => `"${item}"`).join(" ");
  return [
    {
      property: "",
      reason: `Invalid Attribute Value Match. ${property} value must be one of: [${values}], got: "${text}"`,
    },
  ];
}

const KEY_OUTPUTS = [
  ...["privateKeyOpenssh", "privateKeyPem", "privateKeyPemPkcs8"],
  ...["publicKeyFingerprintMd5", "publicKeyFingerprintSha256", "publicKeyOpenssh", "publicKeyPem"],
];

const privateKey: Bridged = {
  inputs: ["algorithm", "ecdsaCurve", "rsaBits"],
  required: ["algorithm"],
  defaults: { ecdsaCurve: "P224", rsaBits: 2048 },
  computed: KEY_OUTPUTS,
  unstable: ["id", ...KEY_OUTPUTS],
  schemaVersion: "1",
  secrets: ["privateKeyOpenssh", "privateKeyPem", "privateKeyPemPkcs8"],
  validate: ({ algorithm, ecdsaCurve }) => [
    ...oneOf("algorithm", algorithm, ALGORITHMS),
    ...oneOf("ecdsaCurve", ecdsaCurve, Object.keys(CURVES)),
  ],
  create(inputs) {
    const { algorithm, ecdsaCurve, rsaBits } = plain(inputs) as {
      algorithm: string;
      ecdsaCurve: string;
      rsaBits: number;
    };
    return keyOutputs(generateKey(algorithm, ecdsaCurve, rsaBits));
  },
};

function listOf(value: Value | undefined): Value[] {
  const bare = unmark(value);
  return Array.isArray(bare) ? bare : [];
}

interface CertificateInputs {
  allowedUses: string[];
  validityPeriodHours: number;
  isCaCertificate: boolean;
  maxPathLength?: number;
  setSubjectKeyId: boolean;
  setAuthorityKeyId?: boolean;
  subject?: Subject;
  dnsNames?: string[];
  ipAddresses?: string[];
  uris?: string[];
  privateKeyPem?: string;
  privateKeyPemWo?: string;
  caPrivateKeyPem?: string;
  caPrivateKeyPemWo?: string;
  caCertPem: string;
  certRequestPem: string;
}

const readInputs = (inputs: Props): CertificateInputs => plain(inputs) as CertificateInputs;

function namesOf({ subject, dnsNames = [], ipAddresses = [], uris = [] }: CertificateInputs) {
  return {
    subject: distinguishedName(subject ?? {}),
    alternativeNames: alternativeNames({ dnsNames, ipAddresses, uris }),
  };
}

function extensionsOf(inputs: CertificateInputs): Extensions & { validityPeriodHours: number } {
  return {
    uses: inputs.allowedUses,
    isCa: inputs.isCaCertificate,
    maxPathLength: inputs.maxPathLength,
    setSubjectKeyId: inputs.setSubjectKeyId,
    setAuthorityKeyId: inputs.setAuthorityKeyId ?? false,
    validityPeriodHours: inputs.validityPeriodHours,
  };
}

function keyOf(pem: string | undefined, property: string) {
  if (!pem) throw new Error(`${property} is missing: a private key is needed to sign`);
  return parsePrivateKey(pem);
}

/** Has the time for an early renewal come? An unparsable time counts as no. */
function renewalDue(state: Props): boolean {
  const end = Date.parse(String(plain(state["validityEndTime"])));
  const early = Number(plain(state["earlyRenewalHours"]) ?? 0) * HOUR_MS;
  return end - early <= Date.now();
}

const certificate = {
  defaults: {
    earlyRenewalHours: 0,
    isCaCertificate: false,
    setSubjectKeyId: false,
    readyForRenewal: false,
  },
  updatable: ["earlyRenewalHours"],
  validate: ({ allowedUses }: Props) =>
    listOf(allowedUses).flatMap((use, i) => oneOf(`allowedUses[${i}]`, use, KNOWN_USES)),
  expired: (state: Props): string[] => (renewalDue(state) ? ["readyForRenewal"] : []),
  refresh: (state: Props) => (renewalDue(state) ? { ...state, readyForRenewal: true } : state),
} satisfies Partial<Bridged>;

const selfSigned: Bridged = {
  ...certificate,
  inputs: [
    ...CERTIFICATE_INPUTS,
    ...NAMES,
    "setAuthorityKeyId",
    "privateKeyPem",
    "privateKeyPemWo",
    "privateKeyPemWoVersion",
  ],
  required: ["allowedUses", "validityPeriodHours"],
  defaults: { ...certificate.defaults, setAuthorityKeyId: false },
  computed: [...VALIDITY, "keyAlgorithm"],
  secrets: ["privateKeyPem", "privateKeyPemWo"],
  create(props) {
    const inputs = readInputs(props);
    const key = keyOf(inputs.privateKeyPem ?? inputs.privateKeyPemWo, "privateKeyPem");
    const template = {
      ...extensionsOf(inputs),
      ...namesOf(inputs),
      publicKey: createPublicKey(key),
    };
    const { serial, ...outputs } = createCertificate(template, {
      key,
      name: template.subject,
      subjectKeyId: undefined,
    });
    return {
      id: serial,
      outputs: { ...outputs, keyAlgorithm: algorithmOf(key) },
    };
  },
};

const locallySigned: Bridged = {
  ...certificate,
  inputs: [
    ...CERTIFICATE_INPUTS,
    ...["caCertPem", "caPrivateKeyPem", "caPrivateKeyPemWo", "caPrivateKeyPemWoVersion", "certRequestPem"],
  ],
  required: ["allowedUses", "validityPeriodHours", "caCertPem", "certRequestPem"],
  computed: [...VALIDITY, "caKeyAlgorithm"],
  secrets: ["caPrivateKeyPem", "caPrivateKeyPemWo"],
  create(props) {
    const inputs = readInputs(props);
    const key = keyOf(inputs.caPrivateKeyPem ?? inputs.caPrivateKeyPemWo, "caPrivateKeyPem");
    const template = {
      ...extensionsOf(inputs),
      ...readRequest(inputs.certRequestPem),
    };
    const { serial, ...outputs } = createCertificate(template, readAuthority(inputs.caCertPem, key));
    return {
      id: serial,
      outputs: { ...outputs, caKeyAlgorithm: algorithmOf(key) },
    };
  },
};

const certRequest: Bridged = {
  inputs: [...NAMES, "privateKeyPem", "privateKeyPemWo", "privateKeyPemWoVersion"],
  computed: ["certRequestPem", "keyAlgorithm"],
  secrets: ["privateKeyPem", "privateKeyPemWo"],
  create(props) {
    const inputs = readInputs(props);
    const key = keyOf(inputs.privateKeyPem ?? inputs.privateKeyPemWo, "privateKeyPem");
    const { subject, alternativeNames: names } = namesOf(inputs);
    const request = createRequest(key, subject, names);
    return {
      id: request.id,
      outputs: { certRequestPem: request.pem, keyAlgorithm: algorithmOf(key) },
    };
  },
};

/** Type token → resource type. */
export const RESOURCES: Record<string, ResourceType> = {
  "tls:index/privateKey:PrivateKey": bridged(privateKey),
  "tls:index/selfSignedCert:SelfSignedCert": bridged(selfSigned),
  "tls:index/locallySignedCert:LocallySignedCert": bridged(locallySigned),
  "tls:index/certRequest:CertRequest": bridged(certRequest),
};
