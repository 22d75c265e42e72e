/** Bodies that days are made of. */

const containers = (image: string, command?: readonly string[]) => [
  { name: 'c', image, ...(command === undefined ? {} : { command }) },
];

/** A pod template with label `app`. */
export const template = (image: string, rest: object = {}) => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: containers(image), terminationGracePeriodSeconds: 2, ...rest },
});

const selector = { matchLabels: { app: 'web' } };

/** A Deployment `web`. */
export const deployment = (replicas: number, image: string, rest: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: { replicas, selector, template: template(image), ...rest },
});

/** A StatefulSet `web`. */
export const statefulSet = (replicas: number, image: string, rest: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'web' },
  spec: { replicas, serviceName: 'web', selector, template: template(image), ...rest },
});

/** A DaemonSet `web`. */
export const daemonSet = (image: string, rest: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'web' },
  spec: { selector, template: template(image), ...rest },
});

/** The spec of a Job whose pods run a command. */
export const jobSpec = (command: string, rest: object = {}) => ({
  template: {
    metadata: { labels: { app: 'work' } },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 2,
      containers: containers('busybox', ['sh', '-c', command]),
    },
  },
  ...rest,
});

/** A Job `work`. */
export const job = (command: string, rest: object = {}) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'work' },
  spec: jobSpec(command, rest),
});

/** A CronJob `tick` of every minute. */
export const cronJob = (command: string, rest: object = {}) => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'tick' },
  spec: { schedule: '* * * * *', jobTemplate: { spec: jobSpec(command) }, ...rest },
});

/** A budget for the pods of `web`. */
export const budget = (spec: object) => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'web' },
  spec: { selector, ...spec },
});

/** A change of a workload's image. */
export const image = (name: string) => ({ spec: { template: template(name) } });

/** An autoscaler of the Deployment `web` by CPU, half of what its pods ask for. */
export const autoscaler = (spec: object) => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web' },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
    metrics: [
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
      },
    ],
    ...spec,
  },
});

/** A quota. */
export const quota = (hard: Readonly<Record<string, string>>, name = 'limit') => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name },
  spec: { hard },
});

/** A Service `web` on port 80. */
export const service = (app = 'web', rest: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { selector: { app }, ports: [{ port: 80 }], ...rest },
});
