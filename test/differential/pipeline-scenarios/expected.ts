/** Scenarios in which we differ from the installed switch, and why. One that differs no more fails the test, as a new one does. */
export const expectedDifferences: Readonly<Record<string, string>> = {
  "packet-ins: pause with an action set and after a patch port":
    "the installed switch sends a continuation that nobody can read where write_actions is left to do",
};
