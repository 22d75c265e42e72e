import { relative } from 'node:path';
import type { Bundles } from './bundle.ts';
import type { Home } from './home.ts';

/** Runtime behaviour both here and on the platform; a test holds wrangler.toml to it. */
export const COMPATIBILITY_DATE = '2026-09-01';

/** Flags beside the date: requests must say when their client has left. */
export const COMPATIBILITY_FLAGS = ['enable_request_signal'] as const;

/** Names of environment variables the configuration reads, so that secrets are not written into it. */
export const SECRETS = {
  signingKey: 'KUBICLE_SIGNING_KEY',
  caCertificate: 'KUBICLE_CA_CERTIFICATE',
} as const;

/** What the configuration depends on. */
export interface ConfigInput {
  readonly home: Home;
  readonly bundles: Bundles;
  readonly port: number;
  readonly publicUrl: string;
  /** Hosts that webhooks of clusters may call; absent: nothing leaves the machine. */
  readonly webhookHosts?: string;
  /** PEM of an authority their servers' certificates may be signed by, beside the public ones. */
  readonly webhookAuthority?: string;
  /** Migrations of the platform database: [name, sql]. */
  readonly migrations: readonly (readonly [string, string])[];
}

/** A text in the configuration language; JSON's escapes are a subset of its own. */
const text = (value: string): string => JSON.stringify(value);

/**
 * The network the Worker may reach: public addresses, and this machine, to which the webhooks of whoever runs the
 * server may lead. Never a private network beside it. What goes out at all passes the outbound guard.
 */
const network = ({ webhookAuthority }: ConfigInput): string => {
  const trusted = webhookAuthority === undefined ? '' : `, trustedCertificates = [${text(webhookAuthority)}]`;
  return `(allow = ["public", "local"], tlsOptions = (trustBrowserCas = true${trusted}))`;
};

/**
 * The runtime's configuration: the Worker behind TLS on the loopback address only, cluster objects and the
 * platform database on disk.
 */
export const printConfig = (input: ConfigInput): string => {
  const { home, bundles, port, publicUrl, migrations, webhookHosts = '' } = input;
  const embed = (path: string): string => `embed ${text(relative(home.path, path))}`;
  return `# Written at every start.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "front", worker = .front),
    (name = "platform-database", worker = .platformDatabase),
    (name = "data", disk = (path = ${text(home.data)}, writable = true)),
    (name = "assets", disk = (path = ${text(bundles.assets)})),
    (name = "internet", network = ${network(input)}),
  ],
  sockets = [(
    name = "https",
    address = ${text(`127.0.0.1:${port}`)},
    service = "front",
    https = (options = (), tlsOptions = (keypair = (
      privateKey = ${embed(home.serverKey)},
      certificateChain = ${embed(home.serverCertificate)},
    ))),
  )],
);

const front :Workerd.Worker = (
  modules = [(name = "worker", esModule = ${embed(bundles.worker)})],
  compatibilityDate = ${text(COMPATIBILITY_DATE)},
  compatibilityFlags = [${COMPATIBILITY_FLAGS.map(text).join(', ')}],
  durableObjectNamespaces = [
    (className = "ClusterObject", uniqueKey = "clusters", enableSql = true),
    (className = "Courier", uniqueKey = "couriers", enableSql = true),
  ],
  durableObjectStorage = (localDisk = "data"),
  bindings = [
    (name = "CLUSTER", durableObjectNamespace = "ClusterObject"),
    (name = "COURIER", durableObjectNamespace = "Courier"),
    (name = "PLATFORM_DB", wrapped = (
      moduleName = "cloudflare-internal:d1-api",
      innerBindings = [(name = "fetcher", service = "platform-database")],
    )),
    (name = "ASSETS", service = "assets"),
    # The server belongs to who uses it: people who sign up are guests, and their webhooks may run beside it.
    (name = "DEFAULT_PLAN", text = "classroom"),
    (name = "OUTBOUND_LOOPBACK", text = "allow"),
    (name = "PUBLIC_URL", text = ${text(publicUrl)}),
    (name = "SIGNING_KEY", fromEnvironment = ${text(SECRETS.signingKey)}),
    (name = "WEBHOOK_HOSTS", text = ${text(webhookHosts)}),
    (name = "CA_CERTIFICATE", fromEnvironment = ${text(SECRETS.caCertificate)}),
  ],
);

const platformDatabase :Workerd.Worker = (
  modules = [(name = "worker", esModule = ${embed(bundles.platformDatabase)})],
  compatibilityDate = ${text(COMPATIBILITY_DATE)},
  durableObjectNamespaces = [(className = "PlatformDatabase", uniqueKey = "platform", enableSql = true)],
  durableObjectStorage = (localDisk = "data"),
  bindings = [
    (name = "DATABASE", durableObjectNamespace = "PlatformDatabase"),
    (name = "MIGRATIONS", text = ${text(JSON.stringify(migrations))}),
  ],
);
`;
};
