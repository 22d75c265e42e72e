/** What the name of an image says about when to pull it (github.com/distribution/reference, as kubelets read names). */

const COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const LABEL = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const DOMAIN = `(?:${LABEL}(?:\\.${LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const TAG = '[\\w][\\w.-]{0,127}';
const DIGEST = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';

const PATH = `${COMPONENT}(?:/${COMPONENT})*`;
const HOST = new RegExp(`^${DOMAIN}$`);
const REST = new RegExp(`^(${PATH})(?::(${TAG}))?(?:@(${DIGEST}))?$`);
const IDENTIFIER = /^[a-f0-9]{64}$/;
const MAX_NAME = 255;

/** The first part of a name is its host when it looks like one. */
const hostOf = (image: string): string | undefined => {
  const [first = '', ...rest] = image.split('/');
  if (rest.length === 0) return undefined;
  return /[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first ? first : undefined;
};

/** The tag of an image: '' when it is named by digest only or not well, `latest` when nothing more is said. */
export const imageTag = (image: string): string => {
  if (IDENTIFIER.test(image)) return '';
  const host = hostOf(image);
  if (host !== undefined && !HOST.test(host)) return '';
  const [, path = '', tag, digest] =
    REST.exec(host === undefined ? image : image.slice(host.length + 1)) ?? [];
  if (path === '' || path.length > MAX_NAME) return '';
  return tag ?? (digest === undefined ? 'latest' : '');
};

/** When an image is pulled unless the object says: always while its tag moves. */
export const defaultPullPolicy = (image: string): string =>
  imageTag(image) === 'latest' ? 'Always' : 'IfNotPresent';
