import { validationTable } from '../../../test/support/validation-table.ts';

validationTable([
  { title: 'a pod as recorded is accepted', base: 'pod-affinity', changes: {}, errors: [] },
  {
    title: 'a pod has a container',
    base: 'pod-min',
    changes: { 'spec/containers': [] },
    errors: ['spec.containers: Required value'],
  },
  {
    title: 'container names are labels, each used once',
    base: 'pod-init-sidecar',
    changes: { 'spec/containers/0/name': 'init', 'spec/initContainers/1/name': 'Bad_Name' },
    errors: [
      'spec.initContainers[0].name: Duplicate value: "init"',
      'spec.initContainers[1].name: Invalid value: "Bad_Name": a lowercase RFC 1123 label must consist of lower case alphanumer',
    ],
  },
  {
    title: 'a port is between 1 and 65535',
    base: 'pod-min',
    changes: {
      'spec/containers/0/ports': [
        { containerPort: 65535, protocol: 'TCP' },
        { containerPort: 65536, protocol: 'TCP' },
      ],
    },
    errors: [
      'spec.containers[0].ports[1].containerPort: Invalid value: 65536: must be between 1 and 65535, inclusive',
    ],
  },
  {
    title: 'a host port is used once',
    base: 'pod-min',
    changes: {
      'spec/containers/0/ports': [
        { containerPort: 80, hostPort: 80, protocol: 'TCP' },
        { containerPort: 81, hostPort: 80, protocol: 'TCP' },
      ],
    },
    errors: ['spec.containers[0].ports[1].hostPort: Duplicate value: "TCP//80"'],
  },
  {
    title: 'a variable has a value or a source',
    base: 'pod-min',
    changes: {
      'spec/containers/0/env': [
        { name: 'A', value: 'x', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
        { name: 'B=', value: '' },
      ],
    },
    errors: [
      'spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
      'spec.containers[0].env[1].name: Invalid value: "B=": a valid environment variable name must consist only of printable ASCII characters other than \'=\'',
    ],
  },
  {
    title: 'a field of a pod that variables can have',
    base: 'pod-min',
    changes: {
      'spec/containers/0/env': [
        { name: 'A', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.phase' } } },
      ],
    },
    errors: [
      'spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "status.phase": supported values: "metadata.n',
    ],
  },
  {
    title: 'a probe does one thing',
    base: 'pod-min',
    changes: {
      'spec/containers/0/readinessProbe': {
        exec: { command: ['true'] },
        tcpSocket: { port: 80 },
        timeoutSeconds: 1,
        periodSeconds: 1,
        successThreshold: 1,
        failureThreshold: 1,
      },
    },
    errors: [
      'spec.containers[0].readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type',
    ],
  },
  {
    title: 'a liveness probe succeeds at once',
    base: 'pod-min',
    changes: {
      'spec/containers/0/livenessProbe': {
        exec: { command: ['true'] },
        timeoutSeconds: 1,
        periodSeconds: 1,
        successThreshold: 2,
        failureThreshold: 1,
      },
    },
    errors: ['spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1'],
  },
  {
    title: 'an init container that ends has no probes',
    base: 'pod-init-sidecar',
    changes: {
      'spec/initContainers/0/readinessProbe': {
        exec: { command: ['true'] },
        timeoutSeconds: 1,
        periodSeconds: 1,
        successThreshold: 1,
        failureThreshold: 1,
      },
    },
    errors: [
      'spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
    ],
  },
  {
    title: 'a hook does something',
    base: 'pod-min',
    changes: { 'spec/containers/0/lifecycle': { preStop: {} } },
    errors: ['spec.containers[0].lifecycle.preStop: Required value: must specify a handler type'],
  },
  {
    title: 'a request is at most the limit',
    base: 'pod-min',
    changes: {
      'spec/containers/0/resources': {
        requests: { cpu: '2', memory: '1Gi' },
        limits: { cpu: '1', memory: '1Gi' },
      },
    },
    errors: [
      'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
    ],
  },
  {
    title: 'huge pages need CPU or memory beside them',
    base: 'pod-min',
    changes: {
      'spec/containers/0/resources': {
        requests: { 'hugepages-2Mi': '2Mi' },
        limits: { 'hugepages-2Mi': '2Mi' },
      },
    },
    errors: ['spec.containers[0].resources: Forbidden: HugePages require cpu or memory'],
  },
  {
    title: 'resources that are not counted in parts',
    base: 'pod-min',
    changes: {
      'spec/containers/0/resources': {
        requests: { 'example.com/gpu': '500m' },
        limits: { 'example.com/gpu': '500m' },
      },
    },
    errors: [
      'spec.containers[0].resources.limits[example.com/gpu]: Invalid value: "500m": must be an integer',
      'spec.containers[0].resources.requests[example.com/gpu]: Invalid value: "500m": must be an integer',
    ],
  },
  {
    title: 'a mount names a volume',
    base: 'pod-min',
    changes: { 'spec/containers/0/volumeMounts/0/name': 'gone' },
    errors: ['spec.containers[0].volumeMounts[0].name: Not found: "gone"'],
  },
  {
    title: 'a sub path stays inside',
    base: 'pod-min',
    changes: { 'spec/containers/0/volumeMounts/0/subPath': '../x' },
    errors: ['spec.containers[0].volumeMounts.subPath: Invalid value: "../x": must not contain \'..\''],
  },
  {
    title: 'a volume is of one type',
    base: 'pod-min',
    changes: { 'spec/volumes/0/emptyDir': {} },
    errors: [
      'spec.volumes[0].projected: Forbidden: may not specify more than 1 volume type',
      'spec.containers[0].volumeMounts[0].name: Not found: "kube-api-access-xxxxx"',
    ],
  },
  {
    title: 'an object is projected once to a path',
    base: 'pod-min',
    changes: {
      'spec/volumes/0/projected': {
        defaultMode: 420,
        sources: [
          { configMap: { name: 'a', items: [{ key: 'k', path: 'p' }] } },
          { secret: { name: 's', items: [{ key: 'k', path: 'p' }] } },
        ],
      },
    },
    errors: [
      'spec.volumes[0].projected: Invalid value: "s": conflicting duplicate paths',
      'spec.containers[0].volumeMounts[0].name: Not found: "kube-api-access-xxxxx"',
    ],
  },
  {
    title: 'a pod on the host network has its ports there',
    base: 'pod-hostnet',
    changes: { 'spec/containers/0/ports': [{ containerPort: 80, hostPort: 81, protocol: 'TCP' }] },
    errors: [
      'spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true',
    ],
  },
  {
    title: 'privileged means privilege escalation',
    base: 'pod-min',
    changes: { 'spec/containers/0/securityContext': { privileged: true, allowPrivilegeEscalation: false } },
    errors: [
      'spec.containers[0].securityContext: Invalid value: {"Capabilities":null,"Privileged":true,"SELinuxOptions":null,"Windows',
    ],
  },
  {
    title: 'a local seccomp profile has a file',
    base: 'pod-min',
    changes: { 'spec/securityContext': { seccompProfile: { type: 'Localhost' } } },
    errors: [
      'spec.securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost',
    ],
  },
  {
    title: 'a required term of affinity selects something',
    base: 'pod-min',
    changes: {
      'spec/affinity': {
        nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } },
      },
    },
    errors: [
      'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term',
    ],
  },
  {
    title: 'a weight is between 1 and 100',
    base: 'pod-min',
    changes: {
      'spec/affinity': {
        nodeAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 101, preference: { matchExpressions: [{ key: 'a', operator: 'Exists' }] } },
          ],
        },
      },
    },
    errors: [
      'spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 101: must be in the range 1-100',
    ],
  },
  {
    title: 'pod affinity has a topology',
    base: 'pod-min',
    changes: {
      'spec/affinity': {
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: '', labelSelector: {} }],
        },
      },
    },
    errors: [
      'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Required value: can not be empty',
      'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: "": name part must be non-empty',
      'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: "": name part mu',
    ],
  },
  {
    title: 'a toleration that exists has no value',
    base: 'pod-min',
    changes: { 'spec/tolerations': [{ key: 'a', operator: 'Exists', value: 'x' }] },
    errors: [
      'spec.tolerations[0].operator: Invalid value: "x": value must be empty when `operator` is \'Exists\'',
    ],
  },
  {
    title: 'how long a taint is borne matters for NoExecute only',
    base: 'pod-min',
    changes: {
      'spec/tolerations': [{ key: 'a', operator: 'Exists', effect: 'NoSchedule', tolerationSeconds: 1 }],
    },
    errors: [
      'spec.tolerations[0].effect: Invalid value: "NoSchedule": effect must be \'NoExecute\' when `tolerationSeconds` is set',
    ],
  },
  {
    title: 'a spread has a skew and a topology',
    base: 'pod-min',
    changes: {
      'spec/topologySpreadConstraints': [{ maxSkew: 0, topologyKey: '', whenUnsatisfiable: 'Never' }],
    },
    errors: [
      'spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
      'spec.topologySpreadConstraints[0].topologyKey: Required value: can not be empty',
      'spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "Never": supported values: "DoNotSchedule", "ScheduleAnyway"',
    ],
  },
  {
    title: 'a pair of topology and reaction is used once',
    base: 'pod-min',
    changes: {
      'spec/topologySpreadConstraints': [
        { maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule' },
        { maxSkew: 2, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule' },
      ],
    },
    errors: [
      'spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: "{z, DoNotSchedule}"',
    ],
  },
  {
    title: 'a host alias is an address with names',
    base: 'pod-min',
    changes: { 'spec/hostAliases': [{ ip: '1.2.3', hostnames: ['ok.example', 'not_ok'] }] },
    errors: [
      'spec.hostAliases[0].ip: Invalid value: "1.2.3": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      'spec.hostAliases[0].hostnames[1]: Invalid value: "not_ok": a lowercase RFC 1123 subdomain must consist of lower case alp',
    ],
  },
  {
    title: 'DNS None has a name server',
    base: 'pod-min',
    changes: { 'spec/dnsPolicy': 'None' },
    errors: ['spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None'],
  },
  {
    title: 'at most 3 name servers and 32 search paths',
    base: 'pod-min',
    changes: { 'spec/dnsConfig': { nameservers: ['1.1.1.1', '1.1.1.2', '1.1.1.3', '1.1.1.4'] } },
    errors: [
      'spec.dnsConfig.nameservers: Invalid value: ["1.1.1.1","1.1.1.2","1.1.1.3","1.1.1.4"]: must not have more than 3 nameservers',
    ],
  },
  {
    title: 'a readiness gate is a qualified name',
    base: 'pod-min',
    changes: { 'spec/readinessGates': [{ conditionType: 'not ok' }] },
    errors: [
      "spec.readinessGates[0].conditionType: Invalid value: \"not ok\": name part must consist of alphanumeric characters, '-', '",
    ],
  },
  {
    title: 'a scheduling gate is used once',
    base: 'pod-min',
    changes: { 'spec/schedulingGates': [{ name: 'a' }, { name: 'a' }], 'spec/nodeName': undefined },
    errors: ['spec.schedulingGates[1]: Duplicate value: "a"'],
  },
  {
    title: 'a gated pod has no node',
    base: 'pod-min',
    changes: { 'spec/schedulingGates': [{ name: 'a' }], 'spec/nodeName': 'n' },
    errors: ['spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared'],
  },
  {
    title: 'a Windows pod has nothing of Linux',
    base: 'pod-windows',
    changes: { 'spec/containers/0/securityContext': { runAsUser: 1 }, 'spec/hostPID': true },
    errors: [
      'spec.hostPID: Forbidden: cannot be set for a windows pod',
      'spec.containers[0].securityContext.runAsUser: Forbidden: cannot be set for a windows pod',
    ],
  },
  {
    title: 'a Linux pod has nothing of Windows',
    base: 'pod-min',
    changes: {
      'spec/os': { name: 'linux' },
      'spec/securityContext': { windowsOptions: { runAsUserName: 'x' } },
    },
    errors: ['spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod'],
  },
  {
    title: 'a deadline is at least a second',
    base: 'pod-min',
    changes: { 'spec/activeDeadlineSeconds': 0 },
    errors: ['spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive'],
  },
  {
    title: 'sysctls are named as files are',
    base: 'pod-min',
    changes: {
      'spec/securityContext': {
        sysctls: [
          { name: 'net/ipv4.x', value: '1' },
          { name: 'A', value: '1' },
        ],
      },
    },
    errors: [
      'spec.securityContext.sysctls[1].name: Invalid value: "A": must have at most 253 characters and match regex ^([a-z0-9]([-',
    ],
  },
  {
    title: 'containers without names clash with each other',
    base: 'pod-min',
    changes: {
      'spec/containers/0/name': undefined,
      'spec/initContainers': [{ image: 'i', terminationMessagePolicy: 'File', imagePullPolicy: 'Always' }],
    },
    errors: [
      'spec.containers[0].name: Required value',
      'spec.initContainers[0].name: Required value',
      'spec.initContainers[0].name: Duplicate value: ""',
    ],
  },
  {
    title: 'resolvers and aliases have addresses as they are written today',
    base: 'pod-min',
    changes: {
      'spec/dnsConfig': { nameservers: ['010.0.0.1'] },
      'spec/hostAliases': [{ ip: '1.2.3.04', hostnames: ['a'] }],
    },
    errors: [
      'spec.dnsConfig.nameservers[0]: Invalid value: "010.0.0.1": must not have leading 0s',
      'spec.hostAliases[0].ip: Invalid value: "1.2.3.04": must not have leading 0s',
    ],
  },
  {
    title: 'a pod of Windows may have no sysctls',
    base: 'pod-min',
    changes: { 'spec/os': { name: 'windows' }, 'spec/securityContext': { sysctls: [] } },
    errors: [],
  },
  {
    title: 'a cost of deletion is a number',
    base: 'pod-min',
    changes: { 'metadata/annotations': { 'controller.kubernetes.io/pod-deletion-cost': '-01' } },
    errors: [],
  },
  {
    title: 'but not a longer one',
    base: 'pod-min',
    changes: { 'metadata/annotations': { 'controller.kubernetes.io/pod-deletion-cost': '01' } },
    errors: [
      'metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "01": must be a 32bit integer',
    ],
  },
]);
