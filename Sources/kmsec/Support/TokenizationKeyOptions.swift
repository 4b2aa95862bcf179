import ArgumentParser
import KMSecurity

/// The options for a tokenization key.
struct TokenizationKeyOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The file with the tokenization key; in a text file, one trailing newline is ignored.",
            valueName: "file"
        ),
        completion: .file()
    )
    var keyFile: String?

    @Option(help: ArgumentHelp("The environment variable with the tokenization key.", valueName: "name"))
    var keyEnv: String?

    @Option(help: ArgumentHelp("The version of the key, 0 to 4294967295.", valueName: "number"))
    var keyVersion: UInt32 = 1

    @Option(
        help: ArgumentHelp(
            "The expected check value of the key: the ten hexadecimal digits that kmsec par key check prints.",
            valueName: "digits"
        )
    )
    var checkValue: String?

    func validate() throws {
        guard (keyFile == nil) != (keyEnv == nil) else {
            throw ValidationError(
                keyFile == nil
                    ? "give the key with --key-file FILE or --key-env NAME"
                    : "give --key-file or --key-env, not both"
            )
        }
    }

    func load() throws -> TokenizationKey {
        if let keyFile { warnIfExposed(keyFile) }
        let key =
            if let keyFile {
                try TokenizationKey(contentsOfFile: keyFile, version: keyVersion)
            } else {
                try TokenizationKey(secret(inEnvironment: keyEnv ?? ""), version: keyVersion)
            }
        guard let checkValue, checkValue.uppercased() != key.keyCheckValue else { return key }
        throw KMError(.keyCheckFailed, "the key's check value is \(key.keyCheckValue), not the value of --check-value")
    }
}

extension KMError.Code {
    /// A tokenization key or its version does not match the expected check value.
    static let keyCheckFailed = Self("keyCheckFailed")
}
