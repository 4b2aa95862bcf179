import ArgumentParser
import KMSecurity

/// Where a tokenization key comes from.
struct TokenizationKeyOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "File that holds the tokenization key; of a text, one trailing newline is not part of it.",
            valueName: "file"
        ),
        completion: .file()
    )
    var keyFile: String?

    @Option(help: ArgumentHelp("Environment variable that holds the tokenization key.", valueName: "name"))
    var keyEnv: String?

    @Option(help: ArgumentHelp("The key's version, 0 to 4294967295.", valueName: "number"))
    var keyVersion: UInt32 = 1

    @Option(
        help: ArgumentHelp(
            "The check value that the key must have: ten hexadecimal digits, of kmsec par key check.",
            valueName: "digits"
        )
    )
    var checkValue: String?

    func validate() throws {
        guard (keyFile == nil) != (keyEnv == nil) else {
            throw ValidationError(
                keyFile == nil
                    ? "give the key by --key-file FILE or by --key-env NAME"
                    : "give the key by --key-file or by --key-env, not by both"
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
        throw KMError(.keyCheckFailed, "the key's check value is \(key.keyCheckValue)")
    }
}

extension KMError.Code {
    /// A tokenization key, or its version, is another one than the check value asks for.
    static let keyCheckFailed = Self("keyCheckFailed")
}
