import ArgumentParser
import Glibc
import KMCommandLine
import KMSecurity

/// The options for the secret key of a token.
struct SecretOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The file with the secret key; one trailing newline is ignored.",
            valueName: "file"
        ),
        completion: .file()
    )
    var secretFile: String?

    @Option(help: ArgumentHelp("The environment variable with the secret key.", valueName: "name"))
    var secretEnv: String?

    func validate() throws {
        guard (secretFile == nil) != (secretEnv == nil) else {
            throw ValidationError(
                secretFile == nil
                    ? "give the secret key with --secret-file FILE or --secret-env NAME"
                    : "give --secret-file or --secret-env, not both"
            )
        }
    }

    /// Reads the bytes of the secret key.
    func bytes() throws -> SecretBytes {
        guard let bytes = try readSecret(file: secretFile, variable: secretEnv) else { throw CleanExit.helpRequest() }
        return bytes
    }

    /// Reads the secret key, and warns if it is short.
    func load() throws -> SecretKey {
        let key = try SecretKey(bytes())
        if key.isShort, let byteCount = key.byteCount {
            Messages.warning("the secret key has \(byteCount) bytes; fewer than 32 can be brute-forced")
        }
        return key
    }
}

/// The options for the passphrase of a private key.
struct PassphraseOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The file with the passphrase of the private key; one trailing newline is ignored.",
            valueName: "file"
        ),
        completion: .file()
    )
    var passphraseFile: String?

    @Option(help: ArgumentHelp("The environment variable with the passphrase of the private key.", valueName: "name"))
    var passphraseEnv: String?

    func validate() throws {
        guard passphraseFile == nil || passphraseEnv == nil else {
            throw ValidationError("give --passphrase-file or --passphrase-env, not both")
        }
    }

    func load() throws -> SecretBytes? {
        try readSecret(file: passphraseFile, variable: passphraseEnv)
    }
}

private func readSecret(file: String?, variable: String?) throws -> SecretBytes? {
    if let file {
        warnIfExposed(file)
        return try SecretBytes(contentsOfFile: file).withoutTrailingNewline()
    }
    return try variable.map(secret(inEnvironment:))
}

/// Reads the bytes of an environment variable, which need not be UTF-8.
func secret(inEnvironment variable: String) throws -> SecretBytes {
    do {
        return try SecretBytes(contentsOfEnvironmentVariable: variable)
    } catch let error as KMError where error.code == .environmentVariableMissing {
        // Text that does not look like a name may be the secret itself, given by mistake: do not show it.
        guard variable.wholeMatch(of: /[A-Z_][A-Z0-9_]*/) != nil else {
            throw ValidationError("the environment variable is not set; its name may be a secret, so it is not shown")
        }
        throw ValidationError("environment variable \(variable) is not set")
    }
}

/// Warns about a file with a secret that every user of the machine can read or change.
///
/// Access by the file's group is not reported: it is common if an operator writes the file and a service reads it.
func warnIfExposed(_ path: String) {
    var status = stat()
    guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o006 != 0 else {
        return
    }
    let mode = String(status.st_mode & 0o777, radix: 8)
    let access = status.st_mode & 0o002 != 0 ? "change" : "read"
    Messages.warning("every user of this machine can \(access) \(path) (mode 0\(mode)); run: chmod 600 \(path)")
}
