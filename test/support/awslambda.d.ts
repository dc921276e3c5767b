// What AWS Lambda's runtime for Node puts into the global scope:
// https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html
interface FunctionUrlEvent {
  readonly rawPath: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly isBase64Encoded: boolean;
  readonly requestContext: { readonly domainName: string; readonly http: { readonly method: string } };
}

type StreamedFunction = (event: FunctionUrlEvent, outgoing: NodeJS.WritableStream) => Promise<void>;

declare const awslambda: {
  readonly streamifyResponse: (run: StreamedFunction) => StreamedFunction;
  readonly HttpResponseStream: {
    readonly from: (
      outgoing: NodeJS.WritableStream,
      head: { readonly statusCode: number; readonly headers: Readonly<Record<string, string>> },
    ) => NodeJS.WritableStream;
  };
};
