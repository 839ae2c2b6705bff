/**
 * Command lines given to the real `ovs-vsctl` and to ours. Each scenario starts from an empty database; its lines run one
 * after the other, split as a shell would split them (single and double quotes, backslash). `{uuid TABLE NAME}` stands for
 * the uuid of a row, `{dir}` for the scenario's own directory. `--no-wait` is put first on every line, unless it starts
 * with `waiting:`, because no switch runs.
 */
export interface Scenario {
  readonly name: string;
  readonly lines: readonly string[];
}

/** Two bridges with a port each, and a fake bridge with one. */
export const twoBridges: readonly string[] = [
  "add-br br0",
  "add-br br1",
  "add-port br0 p0 tag=3",
  "add-port br1 p1",
  "add-br f10 br0 10",
  "add-port f10 pf",
];
