/** Image names, as far as defaulting reads them (upstream: pkg/util/parsers, distribution/reference). */

/**
 * The tag of an image: '' when it is named by digest only, `latest` when it has neither tag nor digest.
 */
export const imageTag = (image: string): string => {
  const [named = '', digest] = image.split('@', 2);
  const last = named.slice(named.lastIndexOf('/') + 1);
  const colon = last.indexOf(':');
  if (colon >= 0) return last.slice(colon + 1);
  return digest === undefined ? 'latest' : '';
};

/** The pull policy an image gets that names none. */
export const defaultPullPolicy = (image: string): string =>
  image !== '' && imageTag(image) === 'latest' ? 'Always' : 'IfNotPresent';
