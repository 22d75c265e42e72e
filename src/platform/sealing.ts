/** Keeps texts that must be read again (webhook secrets, answers that repeat) unreadable in the database. */
export interface Sealer {
  /** The text encrypted, for one purpose and owner: `open` needs the same `context`. */
  seal(text: string, context: string): Promise<string>;
  /** The text again; `undefined` when it was sealed by another key, for another context, or altered. */
  open(sealed: string, context: string): Promise<string | undefined>;
  /** A keyed one-way form: equal texts are equal, and nothing can be guessed from it without the key. */
  digest(text: string): Promise<string>;
}

const encode = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(new TextEncoder().encode(text));

const toBase64 = (bytes: Uint8Array): string => {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
};

const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

const IV_BYTES = 12;

/** Derives the sealer's keys from a secret of the installation. */
export const openSealer = async (secret: string): Promise<Sealer> => {
  const base = await crypto.subtle.importKey('raw', encode(secret), 'HKDF', false, ['deriveKey']);
  const derivation = (info: string) => ({
    name: 'HKDF',
    hash: 'SHA-256',
    salt: encode('kubicle'),
    info: encode(info),
  });
  const aes = await crypto.subtle.deriveKey(
    derivation('sealing'),
    base,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt', 'decrypt'],
  );
  const mac = await crypto.subtle.deriveKey(
    derivation('digest'),
    base,
    { name: 'HMAC', hash: 'SHA-256', length: 256 },
    false,
    ['sign'],
  );
  return {
    seal: async (text, context) => {
      const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
      const algorithm = { name: 'AES-GCM', iv, additionalData: encode(context) };
      const sealed = new Uint8Array(await crypto.subtle.encrypt(algorithm, aes, encode(text)));
      return `${toBase64(iv)}.${toBase64(sealed)}`;
    },
    open: async (sealed, context) => {
      const [iv = '', data = ''] = sealed.split('.');
      try {
        const algorithm = { name: 'AES-GCM', iv: fromBase64(iv), additionalData: encode(context) };
        return new TextDecoder().decode(await crypto.subtle.decrypt(algorithm, aes, fromBase64(data)));
      } catch {
        return undefined;
      }
    },
    digest: async (text) => toBase64(new Uint8Array(await crypto.subtle.sign('HMAC', mac, encode(text)))),
  };
};
