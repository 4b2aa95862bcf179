import ArgumentParser
import KMSecurity

/// Where a tokenization key comes from.
struct TokenizationKeyOptions: ParsableArguments {
    @Option(
        help: "File that holds the tokenization key; of a text, one trailing newline is not part of it.",
        completion: .file()
    )
    var keyFile: String?

    @Option(help: "Environment variable that holds the tokenization key.")
    var keyEnv: String?

    @Option(help: "The key's version, 0 to 4294967295.")
    var keyVersion: UInt32 = 1

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
        let bytes: SecretBytes
        if let keyFile {
            let content = try SecretBytes(contentsOfFile: keyFile)
            // The last of 32 random bytes is a newline once in 256 times.
            bytes = content.isText ? try content.withoutTrailingNewline() : content
        } else {
            bytes = try secret(inEnvironment: keyEnv ?? "")
        }
        let key = try TokenizationKey(bytes, version: keyVersion)
        if bytes.isShortHexadecimal {
            Messages.warning(
                "the key has \(4 * bytes.count) bits in hexadecimal digits; 128 are the least that is safe"
            )
        }
        return key
    }
}

extension SecretBytes {
    /// Whether it is ASCII without control characters, line ends aside.
    fileprivate var isText: Bool {
        withBytes { bytes in
            bytes.indices.allSatisfy { (0x20..<0x7F).contains(bytes[$0]) || [10, 13].contains(bytes[$0]) }
        }
    }

    /// Whether it is hexadecimal digits of fewer than 128 bits.
    fileprivate var isShortHexadecimal: Bool {
        count < 32 && withBytes { bytes in bytes.indices.allSatisfy { bytes[$0].isHexadecimalDigit } }
    }
}

extension UInt8 {
    fileprivate var isHexadecimalDigit: Bool {
        self &- UInt8(ascii: "0") < 10 || (self | 0x20) &- UInt8(ascii: "a") < 6
    }
}
