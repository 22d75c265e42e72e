/** A large definition with many rules, for tests. */

const parentRefs = {
  type: 'array',
  maxItems: 32,
  items: {
    type: 'object',
    required: ['name'],
    properties: {
      group: {
        type: 'string',
        maxLength: 253,
        default: 'gateway.networking.k8s.io',
        pattern: '^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
      },
      kind: { type: 'string', maxLength: 63, minLength: 1, default: 'Gateway' },
      name: { type: 'string', maxLength: 253, minLength: 1 },
      namespace: { type: 'string', maxLength: 63, minLength: 1 },
      port: { type: 'integer', format: 'int32', maximum: 65535, minimum: 1 },
      sectionName: { type: 'string', maxLength: 253, minLength: 1 },
    },
  },
  'x-kubernetes-validations': [
    {
      message:
        'sectionName must be specified when parentRefs includes 2 or more references to the same parent',
      rule: "self.all(p1, self.all(p2, p1.group == p2.group && p1.kind == p2.kind && p1.name == p2.name && (((!has(p1.__namespace__) || p1.__namespace__ == '') && (!has(p2.__namespace__) || p2.__namespace__ == '')) || (has(p1.__namespace__) && has(p2.__namespace__) && p1.__namespace__ == p2.__namespace__ )) ? ((!has(p1.sectionName) || p1.sectionName == '') == (!has(p2.sectionName) || p2.sectionName == '')) : true))",
    },
    {
      message: 'sectionName must be unique when parentRefs includes 2 or more references to the same parent',
      rule: "self.all(p1, self.exists_one(p2, p1.group == p2.group && p1.kind == p2.kind && p1.name == p2.name && (((!has(p1.__namespace__) || p1.__namespace__ == '') && (!has(p2.__namespace__) || p2.__namespace__ == '')) || (has(p1.__namespace__) && has(p2.__namespace__) && p1.__namespace__ == p2.__namespace__ )) && (((!has(p1.sectionName) || p1.sectionName == '') && (!has(p2.sectionName) || p2.sectionName == '')) || (has(p1.sectionName) && has(p2.sectionName) && p1.sectionName == p2.sectionName))))",
    },
  ],
};
const hdr = {
  type: 'object',
  required: ['name', 'value'],
  properties: {
    name: { type: 'string', maxLength: 256, minLength: 1, pattern: "^[A-Za-z0-9!#$%&'*+\\-.^_\\x60|~]+$" },
    value: { type: 'string', maxLength: 4096, minLength: 1 },
  },
};
const mod = {
  type: 'object',
  properties: {
    add: {
      type: 'array',
      maxItems: 16,
      items: hdr,
      'x-kubernetes-list-map-keys': ['name'],
      'x-kubernetes-list-type': 'map',
    },
    remove: { type: 'array', maxItems: 16, items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
    set: {
      type: 'array',
      maxItems: 16,
      items: hdr,
      'x-kubernetes-list-map-keys': ['name'],
      'x-kubernetes-list-type': 'map',
    },
  },
};
const backendRef = {
  type: 'object',
  required: ['name'],
  properties: {
    group: { type: 'string', maxLength: 253, default: '' },
    kind: { type: 'string', maxLength: 63, minLength: 1, default: 'Service' },
    name: { type: 'string', maxLength: 253, minLength: 1 },
    namespace: { type: 'string', maxLength: 63 },
    port: { type: 'integer', format: 'int32', maximum: 65535, minimum: 1 },
  },
  'x-kubernetes-validations': [
    {
      message: 'Must have port for Service reference',
      rule: "(size(self.group) == 0 && self.kind == 'Service') ? has(self.port) : true",
    },
  ],
};
const pathMod = {
  type: 'object',
  required: ['type'],
  properties: {
    replaceFullPath: { type: 'string', maxLength: 1024 },
    replacePrefixMatch: { type: 'string', maxLength: 1024 },
    type: { type: 'string', enum: ['ReplaceFullPath', 'ReplacePrefixMatch'] },
  },
  'x-kubernetes-validations': [
    { message: 'a', rule: "self.type == 'ReplaceFullPath' ? has(self.replaceFullPath) : true" },
    { message: 'b', rule: "has(self.replaceFullPath) ? self.type == 'ReplaceFullPath' : true" },
    { message: 'c', rule: "self.type == 'ReplacePrefixMatch' ? has(self.replacePrefixMatch) : true" },
    { message: 'd', rule: "has(self.replacePrefixMatch) ? self.type == 'ReplacePrefixMatch' : true" },
  ],
};
const types = [
  'RequestHeaderModifier',
  'ResponseHeaderModifier',
  'RequestMirror',
  'RequestRedirect',
  'URLRewrite',
  'ExtensionRef',
];
const low = (name: string): string =>
  name === 'URLRewrite' ? 'urlRewrite' : `${name[0]?.toLowerCase() ?? ''}${name.slice(1)}`;
const filter = {
  type: 'object',
  required: ['type'],
  properties: {
    type: { type: 'string', enum: types },
    requestHeaderModifier: mod,
    responseHeaderModifier: mod,
    requestMirror: {
      type: 'object',
      required: ['backendRef'],
      properties: { backendRef, percent: { type: 'integer', format: 'int32', maximum: 100, minimum: 0 } },
    },
    requestRedirect: {
      type: 'object',
      properties: {
        hostname: { type: 'string', maxLength: 253 },
        path: pathMod,
        port: { type: 'integer' },
        scheme: { type: 'string', enum: ['http', 'https'] },
        statusCode: { type: 'integer', enum: [301, 302], default: 302 },
      },
    },
    urlRewrite: {
      type: 'object',
      properties: { hostname: { type: 'string', maxLength: 253 }, path: pathMod },
    },
    extensionRef: {
      type: 'object',
      required: ['group', 'kind', 'name'],
      properties: {
        group: { type: 'string', maxLength: 253 },
        kind: { type: 'string', maxLength: 63 },
        name: { type: 'string', maxLength: 253 },
      },
    },
  },
  'x-kubernetes-validations': types.flatMap((t) => [
    { message: t, rule: `!(has(self.${low(t)}) && self.type != '${t}')` },
    { message: t, rule: `!(!has(self.${low(t)}) && self.type == '${t}')` },
  ]),
};
const filters = {
  type: 'array',
  maxItems: 16,
  items: filter,
  'x-kubernetes-validations': [
    {
      message: 'x',
      rule: "!(self.exists(f, f.type == 'RequestRedirect') && self.exists(f, f.type == 'URLRewrite'))",
    },
    ...types
      .slice(0, 2)
      .concat(types.slice(3, 5))
      .map((t) => ({ message: t, rule: `self.filter(f, f.type == '${t}').size() <= 1` })),
  ],
};
const path = {
  type: 'object',
  default: { type: 'PathPrefix', value: '/' },
  properties: {
    type: { type: 'string', enum: ['Exact', 'PathPrefix', 'RegularExpression'], default: 'PathPrefix' },
    value: { type: 'string', maxLength: 1024, default: '/' },
  },
  'x-kubernetes-validations': [
    "(self.type in ['Exact','PathPrefix']) ? self.value.startsWith('/') : true",
    ...['//', '/./', '/../', '%2f', '%2F', '#'].map(
      (x) => `(self.type in ['Exact','PathPrefix']) ? !self.value.contains('${x}') : true`,
    ),
    "(self.type in ['Exact','PathPrefix']) ? !self.value.endsWith('/..') : true",
    "(self.type in ['Exact','PathPrefix']) ? !self.value.endsWith('/.') : true",
    "self.type in ['Exact','PathPrefix'] || self.type == 'RegularExpression'",
    `(self.type in ['Exact','PathPrefix']) ? self.value.matches(r"""^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$""") : true`,
  ].map((rule) => ({ message: 'm', rule })),
};
const match = {
  type: 'object',
  properties: {
    headers: {
      type: 'array',
      maxItems: 16,
      items: {
        ...hdr,
        properties: {
          ...hdr.properties,
          type: { type: 'string', enum: ['Exact', 'RegularExpression'], default: 'Exact' },
        },
      },
      'x-kubernetes-list-map-keys': ['name'],
      'x-kubernetes-list-type': 'map',
    },
    method: { type: 'string', enum: ['GET', 'POST'] },
    path,
    queryParams: {
      type: 'array',
      maxItems: 16,
      items: hdr,
      'x-kubernetes-list-map-keys': ['name'],
      'x-kubernetes-list-type': 'map',
    },
  },
};
const rule = {
  type: 'object',
  properties: {
    name: { type: 'string', maxLength: 253, minLength: 1 },
    backendRefs: {
      type: 'array',
      maxItems: 16,
      items: {
        ...backendRef,
        properties: {
          ...backendRef.properties,
          filters,
          weight: { type: 'integer', format: 'int32', default: 1 },
        },
      },
    },
    filters,
    matches: {
      type: 'array',
      maxItems: 64,
      default: [{ path: { type: 'PathPrefix', value: '/' } }],
      items: match,
    },
    timeouts: {
      type: 'object',
      properties: {
        backendRequest: { type: 'string', pattern: '^([0-9]{1,5}(h|m|s|ms)){1,4}$' },
        request: { type: 'string', pattern: '^([0-9]{1,5}(h|m|s|ms)){1,4}$' },
      },
      'x-kubernetes-validations': [
        {
          message: 'backendRequest timeout cannot be longer than request timeout',
          rule: "!(has(self.request) && has(self.backendRequest) && duration(self.request) != duration('0s') && duration(self.backendRequest) > duration(self.request))",
        },
      ],
    },
  },
  'x-kubernetes-validations': [
    {
      message: 'RequestRedirect filter must not be used together with backendRefs',
      rule: '(has(self.backendRefs) && size(self.backendRefs) > 0) ? (!has(self.filters) || self.filters.all(f, !has(f.requestRedirect))): true',
    },
    {
      message: 'p',
      rule: "(has(self.filters) && self.filters.exists_one(f, has(f.requestRedirect) && has(f.requestRedirect.path) && f.requestRedirect.path.type == 'ReplacePrefixMatch' && has(f.requestRedirect.path.replacePrefixMatch))) ? ((size(self.matches) != 1 || !has(self.matches[0].path) || self.matches[0].path.type != 'PathPrefix') ? false : true) : true",
    },
    {
      message: 'q',
      rule: "(has(self.backendRefs) && self.backendRefs.exists_one(b, (has(b.filters) && b.filters.exists_one(f, has(f.urlRewrite) && has(f.urlRewrite.path) && f.urlRewrite.path.type == 'ReplacePrefixMatch' && has(f.urlRewrite.path.replacePrefixMatch))) )) ? ((size(self.matches) != 1 || !has(self.matches[0].path) || self.matches[0].path.type != 'PathPrefix') ? false : true) : true",
    },
  ],
};
const rules = {
  type: 'array',
  maxItems: 16,
  default: [{ matches: [{ path: { type: 'PathPrefix', value: '/' } }] }],
  items: rule,
  'x-kubernetes-validations': [
    {
      message: 'total',
      rule: `${Array.from(
        { length: 16 },
        (_, i) => `(self.size() > ${i} ? (has(self[${i}].matches) ? self[${i}].matches.size() : 0) : 0)`,
      ).join(' + ')} <= 128`,
    },
    {
      message: 'Rule name must be unique within the route',
      rule: 'self.all(l1, !has(l1.name) || self.exists_one(l2, has(l2.name) && l1.name == l2.name))',
    },
  ],
};
/** A definition in the manner of the Gateway API's HTTPRoute: deep lists and many costly rules. */
export const routeDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: 'httproutes.gateway.networking.k8s.io',
    annotations: { 'api-approved.kubernetes.io': 'https://github.com/kubernetes-sigs/gateway-api/pull/1' },
  },
  spec: {
    group: 'gateway.networking.k8s.io',
    scope: 'Namespaced',
    names: { plural: 'httproutes', kind: 'HTTPRoute', categories: ['gateway-api'] },
    versions: ['v1', 'v1beta1'].map((name, i) => ({
      name,
      served: true,
      storage: i === 0,
      subresources: { status: {} },
      additionalPrinterColumns: [{ name: 'Hostnames', type: 'string', jsonPath: '.spec.hostnames' }],
      schema: {
        openAPIV3Schema: {
          type: 'object',
          required: ['spec'],
          properties: {
            apiVersion: { type: 'string' },
            kind: { type: 'string' },
            metadata: { type: 'object' },
            spec: {
              type: 'object',
              properties: {
                hostnames: {
                  type: 'array',
                  maxItems: 16,
                  items: { type: 'string', maxLength: 253, minLength: 1 },
                },
                parentRefs,
                rules,
              },
            },
            status: { type: 'object' },
          },
        },
      },
    })),
  },
};
