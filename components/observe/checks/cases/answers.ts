import { Question } from "../../questions";
import { Severity } from "../check";
import type { Case } from "./case";

const { Error, Warning } = Severity;

const v136 = { kubernetesVersion: "v1.36.3" };

export const answerCases: Case[] = [
  {
    check: "answers",
    given: { facts: { cp2: { unanswered: [Question.Packages, Question.Units] } } },
    key: "hosts[1] (cp2) packages, units",
    severity: Warning,
    says: ["got no answer", "nothing is judged or repaired by it", "overloaded"],
  },
  {
    check: "answers",
    given: { facts: { cp2: { unanswered: [Question.Images, Question.Units] } }, config: v136, appliedConfig: {} },
    key: "hosts[1] (cp2) images, units",
    severity: Error,
    says: ["got no answer"],
  },
  {
    check: "answers",
    given: { bare: true, facts: { w1: { unanswered: [Question.Interfaces] } } },
    key: "hosts[3] (w1) interfaces",
    severity: Error,
    says: ["got no answer"],
  },
  {
    check: "answers",
    given: { facts: { cp2: { unanswered: [Question.Sources, Question.Images] } }, config: v136, appliedConfig: {} },
    key: "hosts[1] (cp2) sources, images",
    severity: Warning,
    says: ["got no answer"],
  },
];
