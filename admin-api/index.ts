/** Public face of the admin API: the server, and the tokens that open it. */
export { hashToken, makeToken } from './auth/tokens.ts'
export { readTokenFile, writeTokenFile } from './auth/token-file.ts'
export { PROBLEM_MEDIA_TYPE, PROBLEMS, type FieldProblem, type Problem, type ProblemCode } from './errors.ts'
export { buildServer, type ServerOptions } from './server.ts'
