import { builtin } from '../common/builtin.ts';
import { column, containerImages, containerNames, nameColumn, printLabels } from '../common/columns.ts';
import { ensure } from '../common/draft.ts';
import type { PodTemplate } from '../generated/types.ts';
import { defaultPodTemplate } from './pod-defaults.ts';
import { templateWarnings } from './pod-warnings.ts';
import { validatePodTemplate } from './podtemplate-validation.ts';

export const podTemplate = builtin({
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  resource: 'podtemplates',
  namespaced: true,
  generationFields: ['template'],
  defaults: (draft) => defaultPodTemplate(ensure(draft, 'template')),
  warnings: (object, old) =>
    old && old.metadata.generation === object.metadata.generation
      ? []
      : templateWarnings((object as PodTemplate).template, 'template'),
  validate: validatePodTemplate,
  validateUpdate: validatePodTemplate,
  columns: [
    nameColumn,
    column<PodTemplate>('Containers', 'string', (object) =>
      containerNames(object.template?.spec?.containers),
    ),
    column<PodTemplate>('Images', 'string', (object) => containerImages(object.template?.spec?.containers)),
    column<PodTemplate>('Pod Labels', 'string', (object) => printLabels(object.template?.metadata?.labels)),
  ],
});
