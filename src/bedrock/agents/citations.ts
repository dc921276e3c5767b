import type { AgentEvent, Source } from '../../agent.ts';
import { checkShape, type Shape } from '../shape.ts';

/** What a chunk's text rests on, as the wire has it. */
export interface Attribution {
  readonly citations?: readonly WireCitation[] | null;
}

interface WireCitation {
  readonly generatedResponsePart?: { readonly textResponsePart?: { readonly text?: unknown } };
  readonly retrievedReferences?: readonly Reference[] | null;
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_RetrievedReference.html */
export interface Reference {
  readonly location?: Readonly<Record<string, unknown>> | null;
  readonly metadata?: Readonly<Record<string, unknown>> | null;
}

export const referencesShape: Shape = [{ location: {}, metadata: {} }];

const shape: Shape = {
  citations: [{ generatedResponsePart: { textResponsePart: {} }, retrievedReferences: referencesShape }],
};

/** A chunk's citations → events, each with AWS's own record. */
export function readCitations(attribution: Attribution): readonly AgentEvent[] {
  checkShape(attribution, shape);
  const { citations } = attribution;
  return (citations ?? []).map((citation) => {
    const text = citation.generatedResponsePart?.textResponsePart?.text;
    const sources = toSources(citation.retrievedReferences ?? []);
    return { type: 'citation', sources, citation, ...(typeof text === 'string' && { text }) };
  });
}

/** Whether a chunk names any source: on later turns of a session AWS leaves them out (boto3 #4197). */
export function namesSources({ citations }: Attribution): boolean {
  return (citations ?? []).some(({ retrievedReferences }) => (retrievedReferences?.length ?? 0) > 0);
}

/** What a knowledge base found, where nobody said which words of the answer rest on it. */
export function toLookedUp(retrievedReferences: readonly Reference[]): AgentEvent {
  // Sources have their place at the words that rest on them.
  return { type: 'citation', sources: [], citation: { retrievedReferences, looked_up: true } };
}

/** Each address once: a document is often found in several of its parts. */
function toSources(references: readonly Reference[]): readonly Source[] {
  const sources = references.flatMap((reference): Source[] => {
    const url = toUrl(reference);
    return url === undefined ? [] : [{ url, title: toTitle(reference, url) }];
  });
  return [...new Map(sources.map((source) => [source.url, source])).values()];
}

function toUrl({ location, metadata }: Reference): string | undefined {
  // One of ten members says where it is, as `url` or `uri`; what a document was called may be an address, too.
  const places = Object.values(location ?? {}).flatMap((place): unknown[] =>
    typeof place === 'object' && place !== null ? Object.values(place) : [],
  );
  return [...places, metadata?.['x-amz-bedrock-kb-source-uri']].find(isUrl);
}

function isUrl(value: unknown): value is string {
  return typeof value === 'string' && /^(https?|s3):\/\//i.test(value) && URL.canParse(value);
}

function toTitle({ metadata }: Reference, url: string): string {
  const title = metadata?.['title'];
  if (typeof title === 'string' && title !== '') return title;
  const { host, pathname } = new URL(url);
  const [name = ''] = pathname.split('/').reverse();
  try {
    return decodeURIComponent(name) || host;
  } catch {
    return name;
  }
}
