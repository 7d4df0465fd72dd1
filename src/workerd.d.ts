// Where the type declarations of workerd differ from the Web standard that workerd follows: code that browsers and Node run too
// is written to the standard.

interface SubtleCryptoDeriveKeyAlgorithm {
  /** Declared as `$public`. */
  public?: CryptoKey;
}
