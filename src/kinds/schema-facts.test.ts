import { describe, expect, test } from 'vitest';
import { builtInKinds, definition, schemaOfKind } from './schema-facts.ts';

const pod = schemaOfKind('', 'v1', 'Pod');
const podSpec = definition('io.k8s.api.core.v1.PodSpec');

describe('built-in types', () => {
  test('nodes are linked and the same for one name', () => {
    expect(pod?.fields?.get('spec')?.schema).toBe(podSpec);
  });
  test('every kind has a definition', () => {
    const missing = builtInKinds().filter(({ definition: name }) => definition(name) === undefined);
    expect(missing).toEqual([]);
  });
  test('kinds of meta/v1 belong to every group', () => {
    expect(schemaOfKind('apps', 'v1', 'DeleteOptions')?.name).toBe(
      'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions',
    );
    expect(schemaOfKind('apps', 'v1', 'Nonsense')).toBeUndefined();
  });
  test('merge keys, list types and numbers', () => {
    expect(podSpec?.fields?.get('volumes')).toMatchObject({
      number: 1,
      omit: 'empty',
      pointer: false,
      patchStrategy: ['merge', 'retainKeys'],
      patchMergeKey: 'name',
      schema: { type: 'array', listType: 'map', listMapKeys: ['name'] },
    });
  });
  test('enums, defaults, required', () => {
    const port = definition('io.k8s.api.core.v1.ContainerPort');
    expect(port?.fields?.get('protocol')).toMatchObject({
      default: 'TCP',
      schema: { enum: ['SCTP', 'TCP', 'UDP'] },
    });
    expect(port?.fields?.get('containerPort')?.required).toBe(true);
  });
  test('atomic structs and maps', () => {
    expect(definition('io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector')?.mapType).toBe('atomic');
    expect(podSpec?.fields?.get('nodeSelector')?.schema.mapType).toBe('atomic');
  });
  test('embedded structs keep their numbers', () => {
    const volume = definition('io.k8s.api.core.v1.Volume');
    expect(volume?.fields?.get('hostPath')).toMatchObject({
      number: 1,
      wrappers: [{ number: 2, name: 'VolumeSource' }],
    });
  });
  test('a type may contain itself', () => {
    const prefix = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';
    const props = definition(`${prefix}.JSONSchemaProps`);
    expect(props?.fields?.get('not')?.schema).toBe(props);
    expect(definition(`${prefix}.JSONSchemaPropsOrBool`)?.items).toBe(props);
  });
});
