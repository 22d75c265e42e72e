/**
 * How much later than the client our side of a refused exchange ends. A front that closes idle connections does so
 * a round number of seconds after an exchange (the local one: 5 s), and a client that was told to wait comes back after
 * just as round a number (`kubectl drain`: 5 s). Both at once is a request into a connection that is being closed:
 * the client reads EOF, and must not repeat a POST on its own. Ending ours later lets the client always be first.
 */
const LINGER_MS = 500;

/**
 * A body whose bytes go out at once and whose stream ends a moment after. The client sees a whole answer as soon as the
 * bytes (counted by Content-Length) are there; only another request on the same connection waits for the end.
 */
export const lingering = (body: Uint8Array | string): ReadableStream => {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const { readable, writable } = new FixedLengthStream(bytes.byteLength);
  const writer = writable.getWriter();
  const send = async (): Promise<void> => {
    await writer.write(bytes);
    await new Promise((resolve) => setTimeout(resolve, LINGER_MS));
    await writer.close();
  };
  // The client went away: nobody is left to tell.
  send().catch(() => undefined);
  return readable;
};
