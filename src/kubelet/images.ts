/** The images the simulation knows, as data: what they run, which ports they serve, how they stop, which tags exist. */

import { type ImageName, parseImageName } from './image-name.ts';

/** How a process ends when it is asked to: `prompt` heeds its stop signal, `deaf` runs until it is killed. */
export type StopStyle = 'prompt' | 'deaf';

export interface ImageProfile {
  /**
   * What the image does when it is given no command: `serves` until stopped, `exits` at once with 0 (shells without
   * a terminal), `prints` and exits (hello-world).
   */
  readonly does: 'serves' | 'exits';
  /** Ports its servers listen on, when it serves. */
  readonly ports: readonly number[];
  /** Exit code after its stop signal. */
  readonly stopCode: number;
  readonly sizeMiB: number;
  /** Tags that exist; absent means any. */
  readonly tags?: RegExp;
  /** The entrypoint is a wrapper of its own: arguments are options of it, not a command. */
  readonly ownsArguments?: boolean;
}

/** Everything a version tag of a well-kept image looks like: `1`, `1.27`, `1.27.3`, with a suffix; rolling names. */
const versions = (majors: string, suffixes: string, names = 'latest'): RegExp =>
  new RegExp(
    `^(?:(?:${names})|(?:${majors})(?:\\.\\d{1,2}){0,2}(?:-(?:${suffixes}))*|(?:${suffixes})(?:-slim)?)$`,
  );

const DEBIAN = 'alpine|alpine3?\\.?\\d*|slim|bookworm|bullseye|trixie|buster';

const server = (
  sizeMiB: number,
  ports: readonly number[],
  stopCode: number,
  tags?: RegExp,
): ImageProfile => ({ does: 'serves', ports, stopCode, sizeMiB, ...(tags ? { tags } : {}) });

const shell = (sizeMiB: number, tags?: RegExp): ImageProfile => ({
  does: 'exits',
  ports: [],
  stopCode: 143,
  sizeMiB,
  ...(tags ? { tags } : {}),
});

const AGNHOST: ImageProfile = {
  does: 'serves',
  ports: [],
  stopCode: 2,
  sizeMiB: 52,
  ownsArguments: true,
  tags: /^(latest|[12]\.\d{1,2}(\.\d+)?)$/,
};

/** Profiles by repository without registry. */
export const imageProfiles: Readonly<Record<string, ImageProfile>> = {
  'library/nginx': server(
    69,
    [80],
    0,
    versions(
      '1',
      `${DEBIAN}|perl|otel|alpine-slim|alpine-perl`,
      'latest|stable|mainline|alpine|stable-alpine|mainline-alpine',
    ),
  ),
  'nginxinc/nginx-unprivileged': server(60, [8080], 0),
  'nginxdemos/hello': server(23, [80], 0),
  'library/httpd': server(58, [80], 0, versions('2', DEBIAN)),
  'library/caddy': server(20, [80], 0, versions('2', 'alpine|builder')),
  'library/traefik': server(52, [80], 0),
  'library/haproxy': server(40, [], 0),
  'library/redis': server(48, [6379], 0, versions('[2-8]', DEBIAN)),
  'library/memcached': server(32, [11211], 0, versions('1', DEBIAN)),
  'library/postgres': server(160, [5432], 0, versions('9|1[0-8]', DEBIAN)),
  'library/mysql': server(
    240,
    [3306],
    0,
    versions('5|8|9', 'oracle|debian|oraclelinux\\d', 'latest|lts|innovation'),
  ),
  'library/mariadb': server(120, [3306], 0, versions('10|11|12', 'jammy|noble|focal|ubi', 'latest|lts')),
  'library/mongo': server(300, [27017], 0, versions('[3-8]', 'jammy|noble|focal')),
  'library/rabbitmq': server(
    110,
    [5672, 15672],
    0,
    versions('3|4', `${DEBIAN}|management`, 'latest|management'),
  ),
  'library/cassandra': server(180, [9042], 143),
  'library/elasticsearch': server(600, [9200], 143),
  'library/wordpress': server(250, [80], 0),
  'library/ghost': server(200, [2368], 143),
  'library/registry': server(10, [5000], 2),
  'library/tomcat': server(180, [8080], 143),
  'library/jenkins': server(250, [8080], 143),
  'jenkins/jenkins': server(250, [8080], 143),
  'grafana/grafana': server(150, [3000], 0),
  'prom/prometheus': server(110, [9090], 0),
  'library/busybox': shell(
    2,
    versions('1', 'glibc|musl|uclibc', 'latest|stable|unstable|stable-glibc|stable-musl'),
  ),
  'library/alpine': shell(4, /^(latest|edge|3(\.\d{1,2}){0,2}|\d{8})$/),
  'library/ubuntu': shell(
    29,
    /^(latest|rolling|devel|\d{2}\.\d{2}|trusty|xenial|bionic|focal|jammy|noble|oracular|plucky|questing)(-\d{8})?$/,
  ),
  'library/debian': shell(
    48,
    /^(latest|stable|testing|unstable|sid|\d{1,2}(\.\d{1,2})?|buster|bullseye|bookworm|trixie|forky)(-slim|-backports|-\d{8}(-slim)?)?$/,
  ),
  'library/fedora': shell(70, /^(latest|rawhide|\d{2})$/),
  'library/centos': shell(80, /^(latest|centos\d|\d(\.\d)?(\.\d{4})?)$/),
  'library/amazonlinux': shell(60),
  'library/rockylinux': shell(65),
  'library/almalinux': shell(65),
  'library/bash': shell(6, versions('[3-5]', 'alpine3?\\.?\\d*|devel', 'latest|devel')),
  'library/perl': shell(350, versions('5', `${DEBIAN}|threaded`)),
  'library/python': shell(350, versions('2|3', `${DEBIAN}|windowsservercore`)),
  'library/node': shell(380, versions('\\d{1,2}', DEBIAN, 'latest|lts|current|lts-alpine|lts-slim')),
  'library/golang': shell(300, versions('1', DEBIAN)),
  'library/ruby': shell(300, versions('[23]', DEBIAN)),
  'library/openjdk': shell(240),
  'library/eclipse-temurin': shell(200),
  'library/hello-world': shell(1, /^(latest|linux|nanoserver)$/),
  'curlimages/curl': shell(10),
  'nicolaka/netshoot': shell(200),
  'radial/busyboxplus': shell(5),
  'bitnami/kubectl': shell(70),
  pause: server(1, [], 0, /^(latest|\d(\.\d{1,2}){0,2})$/),
  'e2e-test-images/agnhost': AGNHOST,
  'e2e-test-images/busybox': shell(2),
  'e2e-test-images/nginx': server(52, [80], 0),
  'e2e-test-images/httpd': server(60, [80], 0),
  'e2e-test-images/pause': server(1, [], 0),
  'hpa-example': server(180, [80], 0),
  echoserver: server(45, [8080], 0),
  'google-samples/hello-app': server(5, [8080], 2),
  'google-samples/gb-frontend': server(150, [80], 0),
  'google-samples/gb-redis-follower': server(40, [6379], 0),
  'google_containers/pause': server(1, [], 0),
  'google_containers/echoserver': server(45, [8080], 0),
  'kubernetesui/dashboard': server(75, [8443], 2),
  'metrics-server/metrics-server': server(25, [10250], 0),
  'coredns/coredns': server(20, [53, 8080, 8181, 9153], 0),
  'kube-proxy': server(30, [10256], 2),
  etcd: server(60, [2379, 2380, 2381], 0),
  'kube-apiserver': server(30, [6443], 0),
  'kube-controller-manager': server(25, [10257], 2),
  'kube-scheduler': server(20, [10259], 2),
  'stefanprodan/podinfo': server(25, [9898, 9797, 9999], 0),
  'hashicorp/http-echo': { ...server(5, [5678], 0), ownsArguments: true },
  'traefik/whoami': server(3, [80], 2),
  'kennethreitz/httpbin': server(180, [80], 0),
  'vish/stress': { ...server(3, [], 2), ownsArguments: true },
  'polinux/stress': shell(5),
};

/** An image nobody told us about: some program that listens on whatever its container declares. */
const GENERIC: ImageProfile = { does: 'serves', ports: [], stopCode: 0, sizeMiB: 90 };

/** Names that people make up to see a pull fail. */
const MADE_UP =
  /non-?exist|not-?exist|does-?n[o']?t-?exist|no-?such|invalid|not-?found|missing|made-?up|typo|wrong|bogus|fake-?image/i;

export interface Image {
  readonly name: ImageName;
  readonly profile: ImageProfile;
  /** False: no registry has it. */
  readonly exists: boolean;
  /** False when the repository itself is unknown to its registry. */
  readonly repositoryExists: boolean;
}

/** The profile of a repository; a copy in another registry or organisation does as the original, in any version. */
const profileOf = (repository: string): ImageProfile | undefined => {
  const path = repository.slice(repository.indexOf('/') + 1);
  const known = imageProfiles[path];
  if (known !== undefined) return known;
  const copied = imageProfiles[`library/${path.slice(path.lastIndexOf('/') + 1)}`];
  if (copied === undefined) return undefined;
  const { tags: _tags, ...profile } = copied;
  return profile;
};

/** What stands behind a reference; the reason when it is not a valid reference. */
export const findImage = (reference: string): Image | string => {
  const name = parseImageName(reference);
  if (typeof name === 'string') return name;
  const known = profileOf(name.repository);
  if (known === undefined) {
    const repositoryExists = !MADE_UP.test(name.repository) && !/\.invalid(:\d+)?\//.test(name.repository);
    const exists = repositoryExists && !MADE_UP.test(name.tag);
    return { name, profile: GENERIC, exists, repositoryExists };
  }
  const exists = name.tag === '' || known.tags === undefined || known.tags.test(name.tag);
  return { name, profile: known, exists, repositoryExists: true };
};

/** Users of images that do not run as root, by repository without registry: a number, or a name of their own. */
const IMAGE_USERS: Readonly<Record<string, number | string>> = {
  'nginxinc/nginx-unprivileged': 101,
  'grafana/grafana': 472,
  'prom/prometheus': 'nobody',
  'jenkins/jenkins': 'jenkins',
  'library/jenkins': 'jenkins',
  'library/memcached': 'memcache',
  'library/haproxy': 'haproxy',
  'library/elasticsearch': 1000,
  'library/ghost': 'node',
  'curlimages/curl': 'curl_user',
  'kubernetesui/dashboard': 1001,
  'stefanprodan/podinfo': 'app',
  'metrics-server/metrics-server': 65534,
  'coredns/coredns': 65532,
  pause: 65535,
  'google_containers/pause': 65535,
  'e2e-test-images/pause': 65535,
};

const BITNAMI = /^bitnami(?:legacy|secure)?\//;
const BITNAMI_USER = 1001;

/** Whom the image runs as where nothing else is said: 0 is root; `undefined` when nobody told us. */
export const imageUser = ({ name }: Image): number | string | undefined => {
  const path = name.repository.slice(name.repository.indexOf('/') + 1);
  if (BITNAMI.test(path)) return BITNAMI_USER;
  const isOfficial = path.startsWith('library/') && imageProfiles[path] !== undefined;
  return IMAGE_USERS[path] ?? (isOfficial ? 0 : undefined);
};

/** Whether the image is one whose programs are all known. */
export const isPlainBusybox = ({ name }: Image): boolean =>
  /^docker\.io\/library\/(busybox|alpine)$/.test(name.repository);
