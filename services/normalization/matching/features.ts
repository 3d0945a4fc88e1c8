/** A feature of a pair of records. */
export interface Feature {
  /** The evidence it is part of, as a person reads it: "model_number". */
  readonly evidence: string;
  readonly name: string;
  /** 1 where more of it never speaks against the same thing, -1 where more never speaks for it, 0 where either may be. */
  readonly direction: -1 | 0 | 1;
}
