export interface Server {
  url: string;
  link: string;
  log: string;
  start(args?: string[]): Promise<void>;
  kill(): Promise<void>;
  stop(): Promise<void>;
}
export const ENGINES: string[];
export function startServer(engine?: string, host?: string): Promise<Server>;
export function call<T>(server: Server, token: string | null, method: string, path: string, body?: unknown): Promise<T>;
export function tokenOf(server: Server, username: string, password: string): Promise<string>;
