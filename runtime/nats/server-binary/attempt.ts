/** One way to get a program: its path, or why there is none. */
export type Attempt =
  | { readonly status: 'obtained'; readonly path: string }
  | { readonly status: 'failed'; readonly reason: string };

/** The environment that programs we call run in: PATH, proxies, the user's folders. */
export type Environment = Readonly<Record<string, string | undefined>>;
