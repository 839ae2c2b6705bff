/** Scenarios in which we differ from the installed switch, and why. One that differs no more fails the test, as a new one does. */
export const expectedDifferences: Readonly<Record<string, string>> = {};
