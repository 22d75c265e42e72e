import { quantityOf } from './quantity.ts';

type ResourceList = Readonly<Record<string, string>> | undefined;

interface Resources {
  readonly requests?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
}

interface SpecLike {
  readonly containers?: readonly { readonly resources?: Resources }[];
  readonly initContainers?: readonly { readonly resources?: Resources }[];
  readonly resources?: Resources;
}

const QOS_RESOURCES = ['cpu', 'memory'];

const asksForSome = (list: ResourceList): boolean =>
  QOS_RESOURCES.some((name) => list?.[name] !== undefined && quantityOf(list[name]).nano > 0n);

/** True when no container (nor the pod) asks for or limits cpu or memory: class BestEffort. */
export const isBestEffort = (spec: SpecLike | undefined): boolean =>
  ![{ resources: spec?.resources }, ...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].some(
    ({ resources }) => asksForSome(resources?.requests) || asksForSome(resources?.limits),
  );
