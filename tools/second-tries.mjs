// A vitest reporter: writes the names of tests that passed only when they were tried again, a line each, to the file that
// WEFT_SECOND_TRIES names, so that the end of a run tells of them.
import { appendFileSync } from "node:fs";

export default class SecondTries {
  onTestCaseResult(test) {
    const file = process.env.WEFT_SECOND_TRIES;
    if (file && test.diagnostic()?.flaky) appendFileSync(file, `${test.project.name}: ${test.fullName}\n`);
  }
}
