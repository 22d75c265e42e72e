/** The format of recorded scenarios (test/golden/scenarios), and reading them. */

import { readGoldenLines } from '../support/golden.ts';

export interface RecordedNode {
  readonly name: string;
  readonly ip: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly capacity?: Readonly<Record<string, string>>;
  readonly taints?: readonly unknown[];
  readonly unschedulable?: boolean;
  readonly images?: readonly unknown[];
}

export interface Header {
  readonly scenario: string;
  readonly cluster: { readonly nodes: readonly RecordedNode[] };
  readonly namespaces: readonly string[];
  readonly flags: Readonly<Record<string, string>>;
  readonly durationMs: number;
}

export interface Input {
  readonly t: number;
  readonly by: 'user' | 'kubelet' | 'node' | 'metrics';
  readonly method?: string;
  readonly path?: string;
  readonly contentType?: string;
  readonly body?: unknown;
  readonly code?: number;
  readonly action?: string;
  readonly node?: string;
  readonly metric?: string;
  readonly value?: string;
}

/** Fields of recorded objects that the runner reads. */
export interface RecordedObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly [field: string]: unknown;
  };
  readonly spec?: { readonly nodeName?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

export interface WatchEvent {
  readonly n: number;
  readonly t: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: string;
  readonly namespace?: string;
  readonly name: string;
  readonly specSame?: boolean;
  readonly object: RecordedObject;
}

export interface Recording {
  readonly header: Header;
  /** Inputs and events in order of arrival. */
  readonly lines: readonly ({ readonly in: Input } | { readonly ev: WatchEvent })[];
}

type Line = { readonly in?: Input; readonly ev?: WatchEvent; readonly note?: unknown };

/** Reads one recording by its name. */
export const readRecording = (name: string): Recording => {
  const [header, ...lines] = readGoldenLines<Header & Line>(`scenarios/${name}.jsonl.gz`);
  if (header === undefined) throw new Error(`${name} is empty`);
  const inputsAndEvents = lines.flatMap((line): Recording['lines'][number][] => {
    if (line.in !== undefined) return [{ in: line.in }];
    return line.ev === undefined ? [] : [{ ev: line.ev }];
  });
  return { header, lines: inputsAndEvents };
};
