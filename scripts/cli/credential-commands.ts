import { certificateCredential } from './certificate-credential.ts';
import { type Command, CommandError, EXIT, text } from './command.ts';

const credential: Command = {
  name: 'certificate-credential',
  summary: 'For kubectl: a token for the holder of a client certificate',
  help: `kubectl runs this from the exec section of a user (see docs/access.md) and tells the server and its authority
itself when the section says provideClusterInfo: true.`,
  options: {
    'client-certificate': { type: 'string', value: 'FILE', help: 'the certificate' },
    'client-key': { type: 'string', value: 'FILE', help: 'its key' },
  },
  run: async (invocation) => {
    const names = ['client-certificate', 'client-key', 'server', 'certificate-authority'];
    const args = names.flatMap((name) => {
      const value = text(invocation, name);
      return value === undefined ? [] : [`--${name}`, value];
    });
    try {
      const printed = await certificateCredential(args, invocation.environment, Date.now());
      return { json: JSON.parse(printed), text: printed.trimEnd() };
    } catch (error) {
      throw new CommandError((error as Error).message, EXIT.refused);
    }
  },
};

/** Plugins of kubectl. */
export const credentialCommands: readonly Command[] = [credential];
