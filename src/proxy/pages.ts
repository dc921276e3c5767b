/**
 * Whether a request may be a web page's that somebody on this machine looks at: one from another site, or one for a name
 * that a stranger has led here (DNS rebinding). A proxy without keys trusts this machine, but not the pages on it.
 */
export function isOfStrangePage({ headers, url }: Request): boolean {
  return headers.get('sec-fetch-site') === 'cross-site' || !isOwnName(new URL(url).hostname);
}

/** Names that no stranger can have led here: addresses, and what is for networks of one's own. */
function isOwnName(hostname: string): boolean {
  return (
    !hostname.includes('.') || /(^[\d.]+|^localhost\.|\.(localhost|local|internal|lan|home\.arpa))$/.test(hostname)
  );
}
