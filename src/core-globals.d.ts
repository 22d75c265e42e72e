/** The few globals the core may use; they exist on every platform it runs on. */

declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>;
}

declare class TextDecoder {
  constructor(label?: string, options?: { readonly fatal?: boolean; readonly ignoreBOM?: boolean });
  decode(bytes?: Uint8Array): string;
}

declare const atob: (text: string) => string;
declare const btoa: (text: string) => string;
