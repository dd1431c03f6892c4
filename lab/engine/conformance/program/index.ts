/** The program of the engine's own test: one resource of each provider that is stood in for, secrets among them. */
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";

const config = new pulumi.Config();
const ssh = config.requireObject<{ host: string; port: number; hostKey: string; privateKey: string }>("ssh");

const password = new random.RandomPassword("password", { length: 20, special: false });
const key = new tls.PrivateKey("key", { algorithm: "ECDSA", ecdsaCurve: "P256" });
const cert = new tls.SelfSignedCert("cert", {
  privateKeyPem: key.privateKeyPem,
  subject: { commonName: "test" },
  allowedUses: ["client_auth"],
  validityPeriodHours: 10,
  earlyRenewalHours: config.requireNumber("earlyRenewalHours"),
});
const written = new command.remote.Command(
  "written",
  {
    connection: ssh,
    create: config.require("create"),
    delete: "echo deleted",
    stdin: password.result,
    logging: "none",
    addPreviousOutputInEnv: false,
  },
  { additionalSecretOutputs: ["stdout"] },
);

export const out = written.stdout;
export const certPem = cert.certPem;
