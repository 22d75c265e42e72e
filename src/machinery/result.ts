/** The outcome of a parser: the value, or why not, in upstream's words. The caller decides on the Status. */
export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: string };

/** A parsed value. */
export const good = <T>(value: T): Result<T> => ({ ok: true, value });

/** A refusal with upstream's text. */
export const bad = <T>(error: string): Result<T> => ({ ok: false, error });
