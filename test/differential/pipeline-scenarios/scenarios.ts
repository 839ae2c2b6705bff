/** Scenarios of one family by name; their steps are those of `PipelineSide`. */
export type PipelineScenarios = Readonly<Record<string, string>>;
