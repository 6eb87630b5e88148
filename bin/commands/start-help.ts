/** The help of `taproot start`, made from the table of settings. */
import { SETTINGS } from '../../services/config/settings.ts'

export function startHelp(): string {
  const rows = Object.values(SETTINGS).map(({ flag, env, yaml, initial, help }) => [
    `  ${flag} VALUE`,
    `${help}${initial === undefined || help.includes('default:') ? '' : ` (default: ${initial})`}`,
    `${env}, ${yaml}`,
  ])
  const width = Math.max(...rows.map(([flag]) => (flag as string).length))
  const lines = rows.map(([flag, help, other]) => `${(flag as string).padEnd(width)}  ${help}\n${' '.repeat(width)}  [${other}]`)
  return `usage: taproot start [--config FILE] [SETTING VALUE …]

Brings up the appliance and stays in the foreground; Ctrl-C ends it.
A setting comes from its flag, else from the environment, else from the YAML file
(taproot.yaml in the working directory, or --config FILE), else it has its default.
In brackets: the environment variable, and the path in the YAML file.

${lines.join('\n')}

examples:
  taproot start
  taproot start --address 192.168.77.2/24 --domain home.arpa --upstreams 9.9.9.9
  taproot start --bridge br-lab --pool 10.53.0.50-10.53.0.99,10.53.0.150-10.53.0.199
`
}
