/** How commits, merge requests and comments made by Signalbox are signed. */
export const agentAuthor = { name: 'Signalbox', email: 'signalbox@localhost' } as const;
