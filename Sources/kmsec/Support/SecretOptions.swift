import ArgumentParser
import Glibc
import KMSecurity

/// Where a token's secret comes from.
struct SecretOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "File that holds the secret key; one trailing newline is not part of it.",
            valueName: "file"
        ),
        completion: .file()
    )
    var secretFile: String?

    @Option(help: ArgumentHelp("Environment variable that holds the secret key.", valueName: "name"))
    var secretEnv: String?

    func validate() throws {
        guard (secretFile == nil) != (secretEnv == nil) else {
            throw ValidationError(
                secretFile == nil
                    ? "give the secret by --secret-file FILE or by --secret-env NAME"
                    : "give the secret by --secret-file or by --secret-env, not by both"
            )
        }
    }

    /// The secret's bytes.
    func bytes() throws -> SecretBytes {
        guard let bytes = try readSecret(file: secretFile, variable: secretEnv) else { throw CleanExit.helpRequest() }
        return bytes
    }

    /// The secret; a short one is warned of.
    func load() throws -> SecretKey {
        let key = try SecretKey(bytes())
        if key.isShort {
            Messages.warning("the secret key has \(key.byteCount) bytes; fewer than 32 can be brute-forced")
        }
        return key
    }
}

/// Where the passphrase of a private key comes from.
struct PassphraseOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "File that holds the private key's passphrase; one trailing newline is not part of it.",
            valueName: "file"
        ),
        completion: .file()
    )
    var passphraseFile: String?

    @Option(help: ArgumentHelp("Environment variable that holds the private key's passphrase.", valueName: "name"))
    var passphraseEnv: String?

    func validate() throws {
        guard passphraseFile == nil || passphraseEnv == nil else {
            throw ValidationError("give the passphrase by --passphrase-file or by --passphrase-env, not by both")
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

/// The bytes of an environment variable, which need not be UTF-8.
func secret(inEnvironment variable: String) throws -> SecretBytes {
    do {
        return try SecretBytes(contentsOfEnvironmentVariable: variable)
    } catch let error as KMError where error.code == .environmentVariableMissing {
        // What does not look like a name may be the secret itself, given by mistake.
        guard variable.wholeMatch(of: /[A-Z_][A-Z0-9_]*/) != nil else {
            throw ValidationError("the environment has no variable of the name that was given, which is not shown")
        }
        throw ValidationError("the environment has no variable \(variable)")
    }
}

/// Warns of a secret's file that every user of the machine can read or change.
///
/// Access by the file's group alone is common where a service reads what an operator wrote, and is not reported.
func warnIfExposed(_ path: String) {
    var status = stat()
    guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o006 != 0 else {
        return
    }
    let mode = String(status.st_mode & 0o777, radix: 8)
    let access = status.st_mode & 0o002 != 0 ? "change" : "read"
    Messages.warning("every user of this machine can \(access) \(path) (mode 0\(mode)); run: chmod 600 \(path)")
}
