/** Addresses that traffic is sent to (upstream: ValidateEndpointIP, pkg/apis/core/validation, 1.36). */

import { type FieldError, invalidValue } from '../../machinery/field-error.ts';
import { type IpAddress, parseIp } from '../../machinery/ip.ts';

const isAll = (bytes: readonly number[], last: number): boolean =>
  bytes.slice(0, -1).every((byte) => byte === 0) && bytes[bytes.length - 1] === last;

const bytesOf = (address: IpAddress): readonly number[] =>
  address.mapped ? address.bytes.slice(12) : address.bytes;

interface Special {
  readonly v4: (bytes: readonly number[]) => boolean;
  readonly v6: (bytes: readonly number[]) => boolean;
  readonly detail: (text: string) => string;
}

const SPECIAL: readonly Special[] = [
  {
    v4: (bytes) => isAll(bytes, 0),
    v6: (bytes) => isAll(bytes, 0),
    detail: (text) => `may not be unspecified (${text})`,
  },
  {
    v4: (bytes) => bytes[0] === 127,
    v6: (bytes) => isAll(bytes, 1),
    detail: () => 'may not be in the loopback range (127.0.0.0/8, ::1/128)',
  },
  {
    v4: (bytes) => bytes[0] === 169 && bytes[1] === 254,
    v6: (bytes) => bytes[0] === 0xfe && ((bytes[1] ?? 0) & 0xc0) === 0x80,
    detail: () => 'may not be in the link-local range (169.254.0.0/16, fe80::/10)',
  },
  {
    v4: (bytes) => bytes[0] === 224 && bytes[1] === 0 && bytes[2] === 0,
    v6: (bytes) => bytes[0] === 0xff && ((bytes[1] ?? 0) & 0x0f) === 0x02,
    detail: () => 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
  },
];

/** Errors of an address nothing can be sent to from elsewhere; what is no address at all is one error. */
export const endpointIpErrors = (text: string, field: string): FieldError[] => {
  const address = parseIp(text, { leadingZeros: true });
  if (!address) return [invalidValue(field, text, 'must be a valid IP address')];
  const bytes = bytesOf(address);
  return SPECIAL.filter(({ v4, v6 }) => (bytes.length === 4 ? v4(bytes) : v6(bytes))).map(({ detail }) =>
    invalidValue(field, text, detail(text)),
  );
};
