/** Header of a delivery that proves where it comes from. */
export const SIGNATURE_HEADER = 'kubicle-signature';

const encode = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(new TextEncoder().encode(text));

const hmac = async (secret: string, text: string): Promise<string> => {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', encode(secret), algorithm, false, ['sign']);
  const signature = new Uint8Array(await crypto.subtle.sign('HMAC', key, encode(text)));
  return Array.from(signature, (byte) => byte.toString(16).padStart(2, '0')).join('');
};

/**
 * The signature header of a delivery: `t=<unix seconds>,v1=<hex>`, the hex being HMAC-SHA256 of `<t>.<body>`. While a
 * secret is being changed there is one `v1` for each secret that is still good.
 */
export const signDelivery = async (
  secrets: readonly string[],
  body: string,
  now: number,
): Promise<string> => {
  const seconds = Math.floor(now / 1000);
  const signatures = await Promise.all(secrets.map((secret) => hmac(secret, `${seconds}.${body}`)));
  return [`t=${seconds}`, ...signatures.map((signature) => `v1=${signature}`)].join(',');
};
