/** docs/cli.md names the commands and options that the program has, all of them and no others. */
import type { Argument, Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../cli/program.ts';
import { readText } from './source-tree.ts';

interface CommandFacts {
  /** With its arguments: `signalbox session show <id>`. */
  readonly usage: string;
  readonly options: readonly string[];
}

function formatArgument(argument: Argument): string {
  const name = argument.variadic ? `${argument.name()}...` : argument.name();
  return argument.required ? `<${name}>` : `[${name}]`;
}

function listOptions(command: Command): readonly string[] {
  return command.options.map(({ flags }) => flags).sort();
}

/** Commands that do something: those that only hold others are left out. */
function listCommands(command: Command, parents: readonly string[]): readonly CommandFacts[] {
  const path = [...parents, command.name()];
  if (command.commands.length > 0) {
    return command.commands.flatMap((child) => listCommands(child, path));
  }
  const usage = [...path, ...command.registeredArguments.map(formatArgument)].join(' ');
  return [{ usage, options: listOptions(command) }];
}

/** The flags in the first column of the tables of a section. */
function readOptions(section: string): readonly string[] {
  return [...section.matchAll(/^\| `(-[^`]+)` \|/gmu)].map(([, flags = '']) => flags).sort();
}

const page = readText('docs/cli.md');
const program = createProgram({}, '0.0.0', () => undefined);

describe('docs/cli.md', () => {
  it('has the commands of the program with their arguments and options', () => {
    const sections = page.split(/^### /mu).slice(1);
    const documented = sections.map((section) => ({
      usage: /^`([^`]+)`/u.exec(section)?.[1] ?? section.split('\n')[0],
      options: readOptions(section.split(/^## /mu)[0] ?? ''),
    }));
    expect(documented).toEqual(listCommands(program, []));
  });

  it('has the options of every command', () => {
    const [, section = ''] = page.split('\n## Options of every command\n');
    const documented = readOptions(section.split('\n## ')[0] ?? '');
    expect(documented).toEqual([...listOptions(program), '-h, --help'].sort());
  });

  it('says which options are required', () => {
    const required = listRequired(program);
    expect(required).toContain('--repo <path>');
    const documented = [...page.matchAll(/^\| `(-[^`]+)` \|.*Required \|$/gmu)];
    expect(documented.map(([, flags = '']) => flags).sort()).toEqual([...required].sort());
  });
});

function listRequired(command: Command): readonly string[] {
  const own = command.options.filter(({ mandatory }) => mandatory).map(({ flags }) => flags);
  return [...own, ...command.commands.flatMap(listRequired)];
}
