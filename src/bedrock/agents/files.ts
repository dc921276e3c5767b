import type { InputFile, InvokeAgentCommandInput } from '@aws-sdk/client-bedrock-agent-runtime';
import type { FilePart } from '../../agent.ts';
import { BadRequestError } from '../../errors.ts';
import { toInputFiles } from '../files.ts';

type SessionState = NonNullable<InvokeAgentCommandInput['sessionState']>;

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_ByteContentFile.html */
const most = { files: 5, bytes: 10 * 1024 * 1024 };

/** What a model reads itself; other files are data, which an agent reads with code. */
const readable = new Set(['doc', 'docx', 'html', 'md', 'pdf', 'txt']);

/**
 * The session's state with a message's attachments behind the files that the caller gave in AWS's own form. Throws a
 * `BadRequestError` beyond AWS's limits, 5 files and 10 MB together.
 */
export function withFiles(given: SessionState | undefined, attached: readonly FilePart[]): SessionState | undefined {
  if (attached.length === 0) return given;
  const added = toInputFiles(attached, 'Bedrock Agents').map(
    ({ name, mediaType, format, isImage, data }): InputFile => ({
      name,
      source: { sourceType: 'BYTE_CONTENT', byteContent: { mediaType, data: Buffer.from(data, 'base64') } },
      useCase: isImage || readable.has(format) ? 'CHAT' : 'CODE_INTERPRETER',
    }),
  );
  const before: unknown = given?.files ?? [];
  if (!Array.isArray(before) || !before.every((file) => typeof file === 'object' && file !== null)) {
    throw new BadRequestError('sessionState.files: expected a list of files.', { param: 'sessionState.files' });
  }
  const files = [...(before as readonly InputFile[]), ...added];
  const bytes = files.reduce((sum, file) => sum + (file.source?.byteContent?.data?.length ?? 0), 0);
  if (files.length > most.files) throw tooMuch(`${files.length} files came; Bedrock Agents take ${most.files}`);
  if (bytes > most.bytes) throw tooMuch(`the files have ${bytes} bytes; Bedrock Agents take ${most.bytes} together`);
  return { ...given, files };
}

function tooMuch(why: string): BadRequestError {
  return new BadRequestError(`messages: ${why}. Larger ones can stand in S3: see \`sessionState.files\`.`, {
    param: 'messages',
  });
}
