/** From what facts.sh printed to facts. Pure. */
import { factsSchema, type HostFacts } from "../facts";
import { Answers } from "./answers";
import { clusterFacts } from "./cluster";
import { machineFacts, networkFacts } from "./machine";
import { leftBehind, softwareFacts } from "./software";

/** What the reader has to know of the questions. */
export interface Asked {
  /** Name of the host in the configuration. */
  name: string;
  /** Empty: there is none. */
  vip: string;
  etcdDataDir: string;
  /** `192.0.2.11:2379`. */
  probes: string[];
}

/** Throws when the text is not the script's document. */
export function readFacts(document: string, asked: Asked): HostFacts {
  const answers = new Answers(document);
  const files = answers.files("files");
  const facts = {
    name: asked.name,
    unanswered: answers.unanswered,
    ...machineFacts(answers, files, asked.etcdDataDir),
    ...networkFacts(answers, asked.vip, asked.probes),
    ...softwareFacts(answers, files),
    ...clusterFacts(answers, files),
    ...leftBehind(answers, files),
  };
  return factsSchema.parse(printable(facts));
}

/** Facts end up on terminals: no control character but the line feed of a PEM block gets there. */
function printable(value: unknown): unknown {
  if (typeof value === "string") return value.replace(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/g, "\ufffd");
  if (Array.isArray(value)) return value.map(printable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [printable(key), printable(item)]));
}
