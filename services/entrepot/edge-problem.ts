/** A problem document that an edge answered with. */
export class EdgeProblem extends Error {
  readonly problem: {
    readonly reason?: string;
    readonly violations?: readonly { field: string; description: string }[];
  };
  constructor(problem: EdgeProblem['problem'] & { readonly detail?: string }) {
    super(problem.detail ?? 'The edge answered with an error.');
    this.problem = problem;
  }
}
