/**
 * Run-time kinds: what a stored CustomResourceDefinition says, as the same `Kind` values built-in types have. One
 * kind stands for one served version, because schema, subresources and columns may differ between versions.
 */

import { ALL_VERBS } from '../kinds/common/builtin.ts';
import type { Kind, ServedVersion } from '../kinds/define.ts';
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '../kinds/generated/types.ts';
import { definition } from '../kinds/schema-facts.ts';
import { cloneJson, deepEqual } from '../machinery/deep.ts';
import { applySchemaDefaults } from '../machinery/defaulting.ts';
import { findJsonPath, parseJsonPath } from '../machinery/json-path.ts';
import { printGroupVersion } from '../machinery/names.ts';
import { asRecord, type Draft, type KubeObject } from '../machinery/object.ts';
import type { Schema } from '../machinery/schema.ts';
import { makeStatus, StatusError } from '../machinery/status.ts';
import type { Props } from '../machinery/structural/props.ts';
import { schemaOfProps } from '../machinery/structural/to-schema.ts';
import type { Convert } from './conversion.ts';
import { customColumns } from './custom-columns.ts';
import { makeCustomRules } from './custom-rules.ts';
import { metaOf } from './system-fields.ts';

const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

/** A condition of the definition is `True`. */
export const isConditionTrue = (crd: CustomResourceDefinition, type: string): boolean =>
  crd.status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ===
  true;

/** The root of a version's schema; anything goes where there is none. */
export const propsOf = (version: CustomResourceDefinitionVersion): Props =>
  (version.schema?.openAPIV3Schema as Props | undefined) ?? {
    type: 'object',
    'x-kubernetes-preserve-unknown-fields': true,
  };

const IGNORED: ReadonlySet<string> = new Set(['metadata', 'apiVersion', 'kind']);

/** True when anything but metadata (and the status, where it has an endpoint of its own) differs. */
const changes = (draft: Draft, old: KubeObject, hasStatus: boolean): boolean => {
  const before = asRecord(old);
  const names = new Set([...Object.keys(draft), ...Object.keys(before)]);
  for (const name of names) {
    if (IGNORED.has(name) || (hasStatus && name === 'status')) continue;
    if (!deepEqual(draft[name], before[name])) return true;
  }
  return false;
};

const keepStatus = (draft: Draft, old: KubeObject): void => {
  const { status } = asRecord(old);
  if (status === undefined) delete draft['status'];
  else draft['status'] = status;
};

const refuseCreation = (group: string, resource: string): StatusError =>
  new StatusError(
    makeStatus(
      405,
      'MethodNotAllowed',
      'create not allowed while custom resource definition is terminating',
      { group, kind: resource },
    ),
  );

/** Defaults on read: what was stored before the schema had them. Objects that need none stay themselves. */
const makeProject = (schema: Schema): ((object: KubeObject) => KubeObject) => {
  const known = new WeakMap<KubeObject, KubeObject>();
  return (object) => {
    let shown = known.get(object);
    if (shown === undefined) {
      const draft = cloneJson(object) as unknown as Draft;
      applySchemaDefaults(draft, schema);
      shown = deepEqual(draft, object) ? object : (draft as unknown as KubeObject);
      known.set(object, shown);
    }
    return shown;
  };
};

const statesDefaults = (props: unknown): boolean => JSON.stringify(props).includes('"default":');

const readField = (jsonPath: string): ((object: KubeObject) => string) => {
  const path = parseJsonPath(jsonPath);
  return (object) => {
    const [value] = path.ok ? findJsonPath(path.value, object) : [];
    return value === undefined || value === null ? '' : String(value);
  };
};

const selectable = (version: CustomResourceDefinitionVersion): Kind['selectableFields'] =>
  Object.fromEntries(
    (version.selectableFields ?? []).map(({ jsonPath }) => [
      jsonPath.replace(/^\./, ''),
      readField(jsonPath),
    ]),
  );

const deprecation = (
  crd: CustomResourceDefinition,
  version: CustomResourceDefinitionVersion,
): Partial<ServedVersion> => {
  if (version.deprecated !== true) return {};
  const { group, names } = crd.spec;
  const apiVersion = printGroupVersion({ group, version: version.name });
  return { deprecationWarning: version.deprecationWarning ?? `${apiVersion} ${names.kind} is deprecated` };
};

const scaleOf = (version: CustomResourceDefinitionVersion): Pick<Kind, 'scale'> => {
  const scale = version.subresources?.scale;
  if (scale === undefined) return {};
  return {
    scale: {
      specReplicas: scale.specReplicasPath,
      statusReplicas: scale.statusReplicasPath,
      ...(scale.labelSelectorPath ? { selector: scale.labelSelectorPath } : {}),
    },
  };
};

const conversion = (
  crd: CustomResourceDefinition,
  version: CustomResourceDefinitionVersion,
  storage: CustomResourceDefinitionVersion,
  convert: Convert | undefined,
): Pick<ServedVersion, 'convert'> => {
  if (crd.spec.conversion?.strategy !== 'Webhook' || version === storage || convert === undefined) return {};
  const { group } = crd.spec;
  const to = ({ name }: CustomResourceDefinitionVersion) => printGroupVersion({ group, version: name });
  return { convert: (objects, toStorage) => convert(crd, objects, to(toStorage ? storage : version)) };
};

/** The kind a definition makes at one of its versions. */
export const makeCustomKind = (
  crd: CustomResourceDefinition,
  version: CustomResourceDefinitionVersion,
  convert?: Convert,
): Kind => {
  const { group, scope, versions } = crd.spec;
  const names = crd.status?.acceptedNames ?? crd.spec.names;
  const props = propsOf(version);
  const schema = schemaOfProps(props, definition(OBJECT_META) ?? { type: 'any' });
  const storage = versions.find((candidate) => candidate.storage) ?? version;
  const hasStatus = version.subresources?.status !== undefined;
  const storedProps = propsOf(storage);
  const terminating = isConditionTrue(crd, 'Terminating');
  return Object.freeze<Kind>({
    group,
    kind: names.kind,
    listKind: names.listKind ?? `${names.kind}List`,
    resource: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    namespaced: scope === 'Namespaced',
    verbs: ALL_VERBS,
    storageVersion: storage.name,
    served: [
      {
        group,
        version: version.name,
        schema,
        ...deprecation(crd, version),
        ...conversion(crd, version, storage, convert),
      },
    ],
    custom: true,
    defaults: (draft) => applySchemaDefaults(draft, schema),
    prepareForCreate: (draft) => {
      if (terminating) throw refuseCreation(group, names.plural);
      if (hasStatus) delete draft['status'];
    },
    prepareForUpdate: (draft, old, { subresource }) => {
      if (subresource === 'status') return;
      if (hasStatus) keepStatus(draft, old);
      if (changes(draft, old, hasStatus)) metaOf(draft).generation = (old.metadata.generation ?? 0) + 1;
    },
    ...makeCustomRules({ crd, version, props, schema }),
    ...(statesDefaults(storedProps)
      ? { project: makeProject(schemaOfProps(storedProps, definition(OBJECT_META) ?? { type: 'any' })) }
      : {}),
    generationFields: ['spec'],
    hasStatus,
    ...scaleOf(version),
    createOnUpdate: false,
    unconditionalUpdate: false,
    nameRule: 'dns-subdomain',
    selectableFields: selectable(version),
    indexes: {},
    columns: customColumns(version.additionalPrinterColumns),
  });
};
