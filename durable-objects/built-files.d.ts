/** Files that a build makes and a fresh checkout does not have. */
declare module '*/dist/descriptions.json' {
  const descriptions: unknown;
  export default descriptions;
}
