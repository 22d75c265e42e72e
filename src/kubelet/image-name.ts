/** References to container images, as container runtimes read and normalise them (distribution/reference). */

export interface ImageName {
  /** With registry and, for Docker Hub's own images, `library/`: `docker.io/library/nginx`. */
  readonly repository: string;
  /** `latest` when neither tag nor digest was given; empty when there is only a digest. */
  readonly tag: string;
  readonly digest: string;
}

const REFERENCE =
  /^((?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*(?::\d+)?\/)?([a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*)(?::(\w[\w.-]{0,127}))?(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$/;

/** Longer references are not read: a name has at most 255 characters, a tag 128, a digest not many more. */
const LONGEST = 600;

const isDomain = (part: string): boolean => /[.:]/.test(part) || part === 'localhost' || /[A-Z]/.test(part);

/** Splits off the registry as Docker does; Docker Hub when the first part does not look like a host. */
const withRegistry = (path: string): string => {
  const slash = path.indexOf('/');
  const first = slash < 0 ? '' : path.slice(0, slash);
  if (first !== '' && isDomain(first))
    return first === 'index.docker.io' ? `docker.io${path.slice(slash)}` : path;
  return slash < 0 ? `docker.io/library/${path}` : `docker.io/${path}`;
};

/** The name, normalised; an upstream text when it is not a valid reference. */
export const parseImageName = (image: string): ImageName | string => {
  if (image.length > LONGEST) return 'repository name must not be more than 255 characters';
  const match = REFERENCE.exec(image);
  if (match === null) {
    const bare = image.replace(/@.*$/, '').replace(/:[^/]*$/, '');
    const repository = bare.includes('/') ? bare : `library/${bare}`;
    return REFERENCE.test(bare.toLowerCase()) && bare !== bare.toLowerCase()
      ? `invalid reference format: repository name (${repository}) must be lowercase`
      : 'invalid reference format';
  }
  const [, domain = '', path = '', tag = '', digest = ''] = match;
  return { repository: withRegistry(`${domain}${path}`), tag: tag || (digest ? '' : 'latest'), digest };
};

/** The name as the runtime reports it: normalised, with tag or digest. */
export const printImageName = (name: ImageName): string =>
  name.tag === '' ? `${name.repository}@${name.digest}` : `${name.repository}:${name.tag}`;
