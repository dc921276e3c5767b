import type { FilePart } from '../agent.ts';
import { BadRequestError } from '../errors.ts';

/** A user's file with its bytes, under the names that AWS and agents ask for. */
export interface InputFile {
  readonly name: string;
  readonly mediaType: string;
  /** AWS's short word for the type: `png`, `pdf`. */
  readonly format: string;
  readonly isImage: boolean;
  /** base64. */
  readonly data: string;
}

/** Attachments that a service can take. Throws a `BadRequestError` that names the first one it cannot. */
export function toInputFiles(files: readonly FilePart[], service: string): readonly InputFile[] {
  return files.map((file, index) => {
    const { kind, content, param } = file;
    if (kind === 'audio') {
      throw new BadRequestError(`${param}: ${service} has no place for audio; send text, images or files.`, { param });
    }
    if (!content) {
      const how = kind === 'image' ? 'a data: URL in `image_url.url`' : '`file.file_data`';
      throw new BadRequestError(`${param}: links and file ids are not followed; send the ${kind} itself, as ${how}.`, {
        param,
      });
    }
    const extension = /\.([a-z0-9]+)$/i.exec(file.name)?.[1]?.toLowerCase() ?? '';
    const mediaType = content.mediaType || (mediaTypes.get(extension) ?? 'application/octet-stream');
    const format = formats.get(mediaType) ?? (extension || (/^image\/(\w+)/.exec(mediaType)?.[1] ?? 'bin'));
    const isImage = kind === 'image' || mediaType.startsWith('image/');
    // An image has no name in OpenAI's format, and AWS wants one for each file.
    const name = extension === '' ? `${file.name || kind}-${index + 1}.${format}` : file.name;
    return { name, mediaType, format, isImage, data: content.data };
  });
}

/** By extension, where only a name says what a file is; of two extensions for a type the first is AWS's word for it. */
const mediaTypes: ReadonlyMap<string, string> = new Map([
  ['csv', 'text/csv'],
  ['doc', 'application/msword'],
  ['docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
  ['gif', 'image/gif'],
  ['html', 'text/html'],
  ['htm', 'text/html'],
  ['jpeg', 'image/jpeg'],
  ['jpg', 'image/jpeg'],
  ['json', 'application/json'],
  ['md', 'text/markdown'],
  ['pdf', 'application/pdf'],
  ['png', 'image/png'],
  ['tsv', 'text/tab-separated-values'],
  ['txt', 'text/plain'],
  ['webp', 'image/webp'],
  ['xls', 'application/vnd.ms-excel'],
  ['xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  ['xml', 'application/xml'],
  ['yaml', 'application/yaml'],
  ['yml', 'application/yaml'],
]);

const formats: ReadonlyMap<string, string> = new Map([...mediaTypes].reverse().map(([format, type]) => [type, format]));
