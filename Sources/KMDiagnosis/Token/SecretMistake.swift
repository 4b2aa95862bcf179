internal import KMJOSE
internal import KMPrimitives

/// A mistake in which the sender decoded, encoded or changed the secret before using it.
struct SecretMistake: Sendable {
    let mistake: Mistake
    /// Returns the bytes that a sender with this mistake uses as the secret, or nil if the mistake does not apply.
    private let change: @Sendable ([UInt8]) -> [UInt8]?

    var name: String { mistake.name }

    private init(_ name: String, _ advice: String, _ change: @escaping @Sendable ([UInt8]) -> [UInt8]?) {
        mistake = Mistake(name: name, advice: advice)
        self.change = change
    }

    /// Returns the secret that a sender with this mistake uses, or nil if it does not differ from `secret`.
    func apply(_ secret: SecretBytes) throws -> SecretBytes? {
        let bytes = secret.withBytes { bytes in bytes.indices.map { bytes[$0] } }
        guard let changed = change(bytes), changed != bytes else { return nil }
        return try SecretBytes(copying: changed)
    }

    static let all = [
        SecretMistake(
            "secret-trimmed",
            "the secret was used without the white space around it: use the same bytes on both sides"
        ) {
            let front = $0.drop { $0 <= 0x20 }
            return Array(front[..<((front.lastIndex { $0 > 0x20 } ?? front.startIndex - 1) + 1)])
        },
        SecretMistake("secret-newline", "the secret was used with the newline (LF) at the end of its file: remove it") {
            $0 + Array("\n".utf8)
        },
        SecretMistake("secret-crlf", "the secret was used with the CRLF at the end of its file: remove it") {
            $0 + Array("\r\n".utf8)
        },
        SecretMistake("secret-quoted", "the secret was used with quotation marks around it: remove them") {
            Array("\"".utf8) + $0 + Array("\"".utf8)
        },
        SecretMistake("secret-hex-decoded", "the secret was decoded from hexadecimal: use its text unchanged") {
            TokenForm.bytes(ofHexadecimal: $0)
        },
        SecretMistake("secret-base64-decoded", "the secret was decoded from Base64: use its text unchanged") { secret in
            let end = secret.lastIndex { $0 != UInt8(ascii: "=") } ?? -1
            let content = Array(secret[...end])
            return Base64.standard.decode(content.span) ?? Base64.url.decode(content.span)
        },
        SecretMistake("secret-hex-encoded", "the secret was encoded in hexadecimal: use its text unchanged") {
            Array(hexadecimal($0).utf8)
        },
        SecretMistake("secret-base64-encoded", "the secret was encoded in Base64: use its text unchanged") { secret in
            var text: [UInt8] = []
            Base64.standard.append(secret.span, to: &text)
            return text + Array(repeating: UInt8(ascii: "="), count: (4 - text.count % 4) % 4)
        },
        SecretMistake("secret-lower-case", "the secret was changed to lower case: use its text unchanged") {
            $0.map { $0 &- UInt8(ascii: "A") < 26 ? $0 | 0x20 : $0 }
        },
        SecretMistake("secret-upper-case", "the secret was changed to upper case: use its text unchanged") {
            $0.map { $0 &- UInt8(ascii: "a") < 26 ? $0 & 0xDF : $0 }
        },
        SecretMistake("secret-empty", "the secret was empty: check the sender's configuration") { _ in [] },
    ]
}
