/** Manifests the kubectl sweep feeds in, as YAML texts. */

/** A ConfigMap. `extra` is spliced into its metadata, one line each. */
export const configMap = (name: string, data: Readonly<Record<string, string>>, labels = ''): string =>
  [
    'apiVersion: v1',
    'kind: ConfigMap',
    'metadata:',
    `  name: ${name}`,
    ...(labels === '' ? [] : [`  labels: {${labels}}`]),
    'data:',
    ...Object.entries(data).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`),
    '',
  ].join('\n');

/** A Deployment of one container. */
export const deployment = (
  name: string,
  replicas: number,
  image = 'nginx:1.27',
): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  labels: {app: ${name}}
spec:
  replicas: ${replicas}
  selector:
    matchLabels: {app: ${name}}
  template:
    metadata:
      labels: {app: ${name}}
    spec:
      containers:
      - name: main
        image: ${image}
        ports:
        - containerPort: 80
`;

/** A definition with columns, scale, status and a described schema. */
export const WIDGETS = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.parts.example.com
spec:
  group: parts.example.com
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget, shortNames: [wd], categories: [all]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources:
      status: {}
      scale: {specReplicasPath: .spec.count, statusReplicasPath: .status.count}
    additionalPrinterColumns:
    - {name: Colour, type: string, jsonPath: .spec.colour}
    schema:
      openAPIV3Schema:
        type: object
        description: A part of a machine.
        properties:
          spec:
            type: object
            required: [colour]
            properties:
              colour: {type: string, enum: [red, green], description: What it is painted in.}
              count: {type: integer, default: 1}
              cells:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [name]
                items:
                  type: object
                  required: [name]
                  properties:
                    name: {type: string}
                    volts: {type: integer}
          status:
            type: object
            properties:
              count: {type: integer}
`;

/** An object of that definition. */
export const WIDGET = `apiVersion: parts.example.com/v1
kind: Widget
metadata: {name: gear}
spec:
  colour: red
  cells:
  - {name: a, volts: 3}
`;

/** A kustomization: its files by name. */
export const KUSTOMIZATION: Readonly<Record<string, string>> = {
  'kustomization.yaml': `resources: [web.yaml]
namePrefix: kz-
commonAnnotations: {team: shop}
configMapGenerator:
- name: settings
  literals: [mode=fast]
`,
  'web.yaml': deployment('web', 0),
};
