/** What goes into a kubeconfig. */
export interface KubeconfigInput {
  readonly clusterName: string;
  readonly server: string;
  /** PEM; empty when clients trust the certificate anyway. */
  readonly caCertificate: string;
  readonly userName: string;
  readonly token: string;
  /** The context's namespace; absent: `default`. */
  readonly namespace: string | undefined;
}

/** Prints a kubeconfig of one cluster, one user and one context, named after the cluster. JSON texts are YAML. */
export const printKubeconfig = (input: KubeconfigInput): string => {
  const text = JSON.stringify;
  const cluster = text(input.clusterName);
  const user = text(input.userName);
  return [
    'apiVersion: v1',
    'kind: Config',
    'clusters:',
    `- name: ${cluster}`,
    '  cluster:',
    `    server: ${text(input.server)}`,
    ...(input.caCertificate === '' ? [] : [`    certificate-authority-data: ${btoa(input.caCertificate)}`]),
    'users:',
    `- name: ${user}`,
    '  user:',
    `    token: ${text(input.token)}`,
    'contexts:',
    `- name: ${cluster}`,
    '  context:',
    `    cluster: ${cluster}`,
    `    user: ${user}`,
    ...(input.namespace === undefined ? [] : [`    namespace: ${text(input.namespace)}`]),
    `current-context: ${cluster}`,
    '',
  ].join('\n');
};
